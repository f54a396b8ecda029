import { lintDataTexts } from "./lint-data.ts";
import { lintFormatTexts } from "./lint-format.ts";
import { lintSafetyTexts } from "./lint-safety.ts";
import { lintServiceTexts } from "./lint-service.ts";
import { lintTextTexts } from "./lint-text.ts";
import { lintVendorTexts } from "./lint-vendor.ts";

export const playbookTexts = {
  ...lintFormatTexts,
  ...lintSafetyTexts,
  ...lintDataTexts,
  ...lintServiceTexts,
  ...lintVendorTexts,
  ...lintTextTexts,
  "playbook.forbidden": { de: "{playbook}, Zeile {line} ({rule}): {what}", en: "{playbook}, line {line} ({rule}): {what}" },
  "playbook.problem": { de: "{path}:{line}: {what}. Stattdessen: {way}", en: "{path}:{line}: {what}. Instead: {way}" },
  "playbook.step-finding": { de: "Schritt {step}: {what}", en: "Step {step}: {what}" },
  "playbook.flaw.language": { de: "vor der Klammer fehlt die Sprache", en: "the language before the brace is missing" },
  "playbook.flaw.nested": { de: "ein Wert ist selbst eine Liste oder ein Objekt", en: "a value is itself a list or an object" },
  "playbook.flaw.unreadable": {
    de: "der Text in der Klammer ist weder JSON noch name=wert",
    en: "the text in the brace is neither JSON nor name=value",
  },
  "playbook.flaw.duplicate-key": { de: "ein Schlüssel steht zweimal da", en: "a key stands there twice" },
  "playbook.folder-unreadable": { de: "Der Ordner {path} ist nicht lesbar ({reason})", en: "The folder {path} cannot be read ({reason})" },
  "playbook.folder-unreadable.way": {
    de: "Pfad in ampel.yaml prüfen; die übrigen Playbooks gelten weiter",
    en: "Check the path in ampel.yaml; the other playbooks remain valid",
  },
  "playbook.file-unreadable": { de: "Die Datei ist nicht lesbar ({reason})", en: "The file cannot be read ({reason})" },
  "playbook.file-unreadable.way": {
    de: "Leserechte und Größe prüfen; ein Playbook ist eine UTF-8-Datei unter {limit} KiB",
    en: "Check permissions and size; a playbook is a UTF-8 file under {limit} KiB",
  },
  "playbook.id-twice": { de: "Die Kennung {id} gehört schon zu {path}", en: "The id {id} already belongs to {path}" },
  "playbook.id-twice.way": {
    de: "Eine der beiden Kennungen ändern; bis dahin gilt die zuerst gelesene Datei",
    en: "Change one of the two ids; until then the file read first counts",
  },
  "playbook.return-missing": { de: "Das Rückweg-Playbook {id} gibt es nicht", en: "The return playbook {id} does not exist" },
  "playbook.return-missing.way": {
    de: "Die Datei unter playbooks/return/ anlegen oder die Zeile return entfernen",
    en: "Create the file under playbooks/return/ or remove the line return",
  },
  "playbook.not-found": {
    de: "Ein Playbook {id} gibt es nicht; am nächsten liegt {nearest}",
    en: "There is no playbook {id}; the nearest is {nearest}",
  },
  "playbook.not-found.way": { de: "Alle anzeigen: ampel playbook:list", en: "List them all: ampel playbook:list" },
  "playbook.plan.parameter-missing": { de: "Schritt {step}: der Wert für {name} fehlt", en: "Step {step}: the value of {name} is missing" },
  "playbook.plan.parameter-unsafe": {
    de: "Der Wert für {name} ist nicht erlaubt: er beginnt mit einem Strich, enthält Steuerzeichen oder ist länger als {limit} Zeichen",
    en: "The value of {name} is not allowed: it begins with a dash, holds control characters or is longer than {limit} characters",
  },
  "playbook.plan.parameter-unknown": {
    de: "Das Playbook kennt keinen Parameter {name}; es hat: {known}",
    en: "The playbook has no parameter {name}; it has: {known}",
  },
  "playbook.plan.parameter-shell": {
    de: "Schritt {step}: die Vorgabe von {name} lässt sich nur mit einer Shell auswerten",
    en: "Step {step}: only a shell could evaluate the default of {name}",
  },
  "playbook.plan.host-unknown": {
    de: "Schritt {step}: den Rechner {host} kennt ampel.yaml nicht",
    en: "Step {step}: ampel.yaml does not know the host {host}",
  },
  "playbook.plan.subject-host": {
    de: "Schritt {step}: der Rechner des betroffenen Teils ist nicht bekannt",
    en: "Step {step}: the host of the affected part is not known",
  },
  "playbook.plan.budget-empty": { de: "Vom Zeitbudget ist nichts übrig ({budget})", en: "Nothing is left of the time budget ({budget})" },
  "playbook.plan.slice-short": {
    de: "Schritt {step}: sein Zeitanteil von {slice} liegt unter {limit}",
    en: "Step {step}: its slice of {slice} is below {limit}",
  },
  "playbook.authority.read": { de: "Liest nur", en: "Only reads" },
  "playbook.authority.observe": {
    de: "Stufe observe: es wird nur geschaut, nichts verändert",
    en: "Level observe: look only, change nothing",
  },
  "playbook.authority.propose": {
    de: "Stufe propose: vor jeder Änderung wird gefragt",
    en: "Level propose: every change is asked for first",
  },
  "playbook.authority.document": {
    de: "Das Playbook verlangt die Zustimmung von {persons}",
    en: "The playbook asks for the approval of {persons}",
  },
  "playbook.authority.act": { de: "Stufe act: Schritte dieser Art laufen allein", en: "Level act: steps of this kind run by themselves" },
  "playbook.authority.danger": {
    de: "Gefährlicher Schritt: er braucht die Zustimmung von {persons}",
    en: "Dangerous step: it needs the approval of {persons}",
  },
  "playbook.authority.drilled": {
    de: "Gefährlicher Schritt: in der Konfiguration freigegeben und in den letzten 8 Tagen geübt",
    en: "Dangerous step: released in the configuration and drilled within the last 8 days",
  },
  "playbook.self-test.ok": {
    de: "{playbooks} Playbooks, {references} Verweise geprüft: alles vorhanden",
    en: "{playbooks} playbooks, {references} references checked: all present",
  },
  "playbook.self-test.broken": {
    de: "{count} Verweise führen ins Leere, zuerst {place}: {what}",
    en: "{count} references lead nowhere, first {place}: {what}",
  },
  "playbook.self-test.unreadable": {
    de: "{count} Playbooks sind fehlerhaft, zuerst {place}: {what}",
    en: "{count} playbooks are faulty, first {place}: {what}",
  },
  "playbook.self-test.none": { de: "In {folders} liegt kein Playbook", en: "There is no playbook in {folders}" },
  "playbook.self-test.unchecked": {
    de: "{count} Verweise auf eigene Befehle, Rechner oder Kontakte wurden nicht geprüft: der Probe fehlen die Listen",
    en: "{count} references to commands of ours, hosts or contacts were not checked: the probe was not given the lists",
  },
  "playbook.self-test.host-silent": {
    de: "Auf {host} ließ sich nichts prüfen ({reason})",
    en: "Nothing could be checked on {host} ({reason})",
  },
  "playbook.self-test.host-silent.way": { de: "Verbindung prüfen: ssh {host} true", en: "Check the connection: ssh {host} true" },
  "playbook.reference.command": { de: "der Befehl {name} fehlt auf {host}", en: "the command {name} is missing on {host}" },
  "playbook.reference.ampel": { de: "den Befehl ampel {name} gibt es nicht", en: "the command ampel {name} does not exist" },
  "playbook.reference.file": { de: "{name} fehlt auf {host}", en: "{name} is missing on {host}" },
  "playbook.reference.unit": { de: "die Unit {name} gibt es auf {host} nicht", en: "the unit {name} does not exist on {host}" },
  "playbook.reference.host": { de: "den Rechner {name} kennt ampel.yaml nicht", en: "ampel.yaml does not know the host {name}" },
  "playbook.reference.contact": { de: "den Kontakt {name} kennt ampel.yaml nicht", en: "ampel.yaml does not know the contact {name}" },
  "playbook.reference.url": {
    de: "die Adresse {name} lässt sich auf {host} nicht auflösen",
    en: "the address {name} does not resolve on {host}",
  },
  "playbook.reference.playbook": { de: "das Playbook {name} gibt es nicht", en: "the playbook {name} does not exist" },
} as const;
