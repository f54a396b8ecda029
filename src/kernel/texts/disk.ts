export const diskTexts = {
  "disk.could-not-ask": { de: "{host} lässt sich nicht fragen: {reason}", en: "{host} cannot be asked: {reason}" },
  "disk.same-disk": {
    de: "Der Parkplatz {park} liegt auf derselben Platte; Verschieben macht nichts frei",
    en: "The park {park} is on the same disk; moving frees nothing",
  },
  "disk.same-disk-next": {
    de: "disposables: park auf einen anderen Datenträger setzen oder weglassen (dann wird gelöscht)",
    en: "Point disposables: park to another file system, or leave it out (files are then deleted)",
  },
  "disk.not-parked": {
    de: "{id} wurde gelöscht, nicht geparkt; es gibt nichts zurückzuholen",
    en: "{id} was deleted, not parked; there is nothing to bring back",
  },
  "disk.not-parked-next": {
    de: "Für einen Rückweg unter disposables einen park nennen",
    en: "Name a park under disposables to have a way back",
  },
  "disk.usage-title": { de: "Größte Ordner unter {path} auf {host}:", en: "Largest folders below {path} on {host}:" },
  "disk.usage-part": { de: "(nicht alles gelesen: die Zeit war um)", en: "(not everything was read: time ran out)" },
  "disk.disposable": {
    de: "Entbehrlich laut Konfiguration ({name}): {count} Dateien, {size}",
    en: "Disposable by configuration ({name}): {count} files, {size}",
  },
  "disk.nothing-disposable": {
    de: "Die Konfiguration nennt für {host} nichts Entbehrliches",
    en: "The configuration names nothing disposable on {host}",
  },
  "disk.would-delete": { de: "{name}: {count} Dateien würden gelöscht, {size}", en: "{name}: {count} files would be deleted, {size}" },
  "disk.would-park": {
    de: "{name}: {count} Dateien würden nach {park} verschoben, {size}",
    en: "{name}: {count} files would be moved to {park}, {size}",
  },
  "disk.freed": { de: "{name}: {count} Dateien, {size} frei gemacht ({id})", en: "{name}: {count} files, {size} freed ({id})" },
  "disk.not-all-gone": { de: "Nur {gone} von {count} Dateien sind fort: {reason}", en: "Only {gone} of {count} files are gone: {reason}" },
  "disk.not-all-gone-next": {
    de: "Rechte und Dateisystem prüfen; die Liste steht unter {id} im Zustandsordner",
    en: "Check rights and file system; the list is under {id} in the state folder",
  },
  "disk.restored": { de: "{count} Dateien zurückgeholt ({id})", en: "{count} files brought back ({id})" },
  "disk.nothing-parked": { de: "Nichts geparkt, nichts zurückzuholen", en: "Nothing is parked, nothing to bring back" },
  "command.disk-usage": {
    de: "Was die Platte füllt, und was davon entbehrlich ist",
    en: "What fills the disk, and what of it is disposable",
  },
  "command.disk-free": {
    de: "Platz schaffen: nur was die Konfiguration als entbehrlich nennt",
    en: "Make room: only what the configuration names as disposable",
  },
  "command.disk-restore": { de: "Geparkte Dateien zurückholen", en: "Bring parked files back" },
  "option.clearance": { de: "Welche Räumung (Standard: die letzte)", en: "Which clearance (default: the latest)" },
} as const;
