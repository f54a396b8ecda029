export const lintFormatTexts = {
  "lint.attribute-unknown": { de: "Ein Attribut ist unbekannt", en: "An attribute is unknown" },
  "lint.attribute-unknown.way": { de: "Nur die dokumentierten Namen verwenden", en: "Use the documented names only" },
  "lint.attribute-unknown.seen": {
    de: "Das Attribut {key} ist unbekannt; am nächsten liegt {nearest}",
    en: "The attribute {key} is unknown; the nearest is {nearest}",
  },
  "lint.attribute-value": { de: "Ein Attribut hat einen unzulässigen Wert", en: "An attribute has a value that is not allowed" },
  "lint.attribute-value.way": { de: "Einen der genannten Werte als Text eintragen", en: "Write one of the named values, as text" },
  "lint.attribute-value.seen": {
    de: "{key} = {value} ist nicht erlaubt; möglich: {expected}",
    en: "{key} = {value} is not allowed; possible: {expected}",
  },
  "lint.block-unnamed": { de: "Ein ausführbarer Block hat keinen Namen", en: "A runnable block has no name" },
  "lint.block-unnamed.way": {
    de: "name und risk angeben, oder ignore auf true setzen, oder die Sprache text wählen",
    en: "Give it name and risk, or set ignore to true, or use the language text",
  },
  "lint.fence-nested": {
    de: "Der Block steht in einer Liste oder einem Zitat; andere Programme verschieben ihn beim Speichern",
    en: "The block stands inside a list or a quote; other programs move it when they save",
  },
  "lint.fence-nested.way": {
    de: "Den Block ohne Einrückung unter eine Überschrift stellen",
    en: "Put the block unindented under a heading",
  },
  "lint.fence-open": { de: "Der Block wird nicht geschlossen", en: "The block is not closed" },
  "lint.fence-open.way": { de: "Die schließende Zeile ergänzen", en: "Add the closing line" },
  "lint.for-target": { de: "Der Block hängt an keinem Schritt", en: "The block is tied to no step" },
  "lint.for-target.way": { de: "In for den Namen eines do-Blocks dieser Datei angeben", en: "Name a do block of this file in for" },
  "lint.for-target.seen": {
    de: "{name}: for nennt {target}, einen do-Block dieses Namens gibt es nicht",
    en: "{name}: for names {target}, there is no do block of that name",
  },
  "lint.for-target.twice": {
    de: "{name}: {target} hat schon einen Block mit der Rolle {role} (Zeile {earlier})",
    en: "{name}: {target} already has a block with the role {role} (line {earlier})",
  },
  "lint.for-target.needless": {
    de: "{name}: ein Block mit der Rolle {role} hängt an keinem anderen",
    en: "{name}: a block with the role {role} is tied to no other",
  },
  "lint.foreign-document": { de: "Dies ist kein Playbook", en: "This is no playbook" },
  "lint.foreign-document.way": {
    de: "Kopf mit ampel: anlegen; je Block Name, Risiko, Rechner und Zeitgrenze angeben",
    en: "Add front matter with ampel:; state name, risk, host and time limit for each block",
  },
  "lint.foreign-document.seen": {
    de: "Dies ist kein Playbook: ohne Kopf, und {count} ausführbare Blöcke ohne Name, Risiko, Rechner und Benutzer",
    en: "This is no playbook: no front matter, and {count} runnable blocks without name, risk, host and user",
  },
  "lint.front-matter-field": {
    de: "Ein Feld im Kopf fehlt oder ist unzulässig",
    en: "A field of the front matter is missing or not allowed",
  },
  "lint.front-matter-field.way": { de: "Das Feld in der genannten Form angeben", en: "Give the field in the named form" },
  "lint.front-matter-field.seen": {
    de: "{field} fehlt oder ist unzulässig; erwartet: {expected}",
    en: "{field} is missing or not allowed; expected: {expected}",
  },
  "lint.front-matter-missing": { de: "Der Kopf mit ampel: fehlt", en: "The front matter with ampel: is missing" },
  "lint.front-matter-missing.way": {
    de: "Die Datei beginnt mit ---, darunter ampel: mit id, zone, triggers, owner, review_by und rto",
    en: "The file begins with ---, below it ampel: with id, zone, triggers, owner, review_by and rto",
  },
  "lint.front-matter-tag": {
    de: "tag ist eine Liste; damit liest Runme den ganzen Kopf nicht",
    en: "tag is a list; Runme then reads none of the front matter",
  },
  "lint.front-matter-tag.way": {
    de: "tag als einen Text schreiben, durch Kommas getrennt",
    en: "Write tag as one text, separated by commas",
  },
  "lint.front-matter-trigger": { de: "Ein Auslöser ist unbekannt", en: "A trigger is unknown" },
  "lint.front-matter-trigger.way": { de: "Nur Ursachen aus der Liste verwenden", en: "Use causes of the list only" },
  "lint.front-matter-trigger.seen": {
    de: "Den Auslöser {trigger} gibt es nicht; am nächsten liegt {nearest}",
    en: "There is no trigger {trigger}; the nearest is {nearest}",
  },
  "lint.front-matter-unknown": { de: "Ein Feld im Kopf ist unbekannt", en: "A field of the front matter is unknown" },
  "lint.front-matter-unknown.way": { de: "Den Namen berichtigen oder die Zeile entfernen", en: "Correct the name or remove the line" },
  "lint.front-matter-unknown.seen": {
    de: "ampel.{field} ist unbekannt; am nächsten liegt {nearest}",
    en: "ampel.{field} is unknown; the nearest is {nearest}",
  },
  "lint.front-matter-yaml": { de: "Der Kopf ist kein gültiges YAML", en: "The front matter is no valid YAML" },
  "lint.front-matter-yaml.way": { de: "Die genannte Stelle berichtigen", en: "Correct the named place" },
  "lint.front-matter-yaml.seen": { de: "Der Kopf ist kein gültiges YAML: {reason}", en: "The front matter is no valid YAML: {reason}" },
  "lint.host-differs": { de: "Teile eines Schritts nennen verschiedene Rechner", en: "Parts of a step name different hosts" },
  "lint.host-differs.way": { de: "Den Rechner nur am do-Block angeben", en: "State the host at the do block only" },
  "lint.host-differs.seen": {
    de: "{name} nennt den Rechner {host}, der Schritt {step} läuft auf {expected}",
    en: "{name} names the host {host}, the step {step} runs on {expected}",
  },
  "lint.info-string": {
    de: "Die Zeile mit den Attributen ist nicht eindeutig lesbar",
    en: "The line with the attributes cannot be read without doubt",
  },
  "lint.info-string.way": {
    de: "Sprache, ein Leerzeichen, flaches JSON mit Texten als Werten",
    en: "Language, one space, flat JSON with texts as values",
  },
  "lint.info-string.seen": {
    de: "Die Attribute sind nicht eindeutig lesbar: {flaw}",
    en: "The attributes cannot be read without doubt: {flaw}",
  },
  "lint.name-form": { de: "Ein Name ist nicht in Kebab-Schreibweise", en: "A name is not kebab-case" },
  "lint.name-form.way": {
    de: "Kleinbuchstaben, Ziffern und Bindestriche: cache-leeren",
    en: "Lower case letters, digits and dashes: clear-cache",
  },
  "lint.name-form.seen": { de: "Der Name {name} ist nicht in Kebab-Schreibweise", en: "The name {name} is not kebab-case" },
  "lint.name-twice": { de: "Ein Name kommt zweimal vor", en: "A name occurs twice" },
  "lint.name-twice.way": { de: "Jeden Block anders nennen", en: "Give each block its own name" },
  "lint.name-twice.seen": {
    de: "Den Namen {name} gibt es schon in Zeile {earlier}",
    en: "The name {name} already stands in line {earlier}",
  },
  "lint.parameter-differs": { de: "Ein Parameter hat zwei Vorgaben", en: "A parameter has two defaults" },
  "lint.parameter-differs.way": {
    de: "In allen Blöcken eines Schritts dieselbe Vorgabe schreiben",
    en: "Write the same default in all blocks of a step",
  },
  "lint.parameter-differs.seen": {
    de: "{name} hat in Zeile {earlier} eine andere Vorgabe",
    en: "{name} has another default in line {earlier}",
  },
  "lint.risk-missing": { de: "Ein Schritt nennt sein Risiko nicht", en: "A step does not state its risk" },
  "lint.risk-missing.way": { de: "risk mit read, write oder danger angeben", en: "State risk as read, write or danger" },
  "lint.risk-missing.seen": { de: "{name} nennt sein Risiko nicht", en: "{name} does not state its risk" },
  "lint.steps-missing": { de: "Das Playbook hat keinen Schritt", en: "The playbook has no step" },
  "lint.steps-missing.way": { de: "Mindestens einen Block mit der Rolle do schreiben", en: "Write at least one block with the role do" },
  "lint.info-string-form": {
    de: "Die Attribute stehen nicht in der Form, die alle Programme gleich lesen",
    en: "The attributes are not in the form that all programs read alike",
  },
  "lint.info-string-form.way": {
    de: "ampel playbook:fmt schreibt sie um; Text neben der Klammer von Hand entfernen",
    en: "ampel playbook:fmt rewrites them; remove text beside the brace by hand",
  },
  "lint.shell-prompt": {
    de: "Eine Zeile beginnt mit einem Dollarzeichen als Eingabezeichen",
    en: "A line begins with a dollar sign as prompt",
  },
  "lint.shell-prompt.way": { de: "Nur den Befehl schreiben", en: "Write the command only" },
  "lint.hash-line": {
    de: "Eine Zeile beginnt mit drei Rauten; Runme entfernt sie",
    en: "A line begins with three hashes; Runme removes it",
  },
  "lint.hash-line.way": { de: "Kommentare mit einer Raute schreiben", en: "Write comments with one hash" },
  "lint.heredoc-variable": {
    de: "Eine Variable am Zeilenanfang in einem Here-Dokument geht in Runme verloren",
    en: "A variable at the start of a line in a here-document is lost in Runme",
  },
  "lint.heredoc-variable.way": {
    de: "Die Zeile mit anderem Text beginnen oder printf verwenden",
    en: "Begin the line with other text or use printf",
  },
  "lint.block-order": {
    de: "Die Blöcke eines Schritts stehen nicht in Lesereihenfolge",
    en: "The blocks of a step are not in reading order",
  },
  "lint.block-order.way": {
    de: "Erst guard, dann do, dann verify, undo und fallback",
    en: "First guard, then do, then verify, undo and fallback",
  },
  "lint.prose-missing": {
    de: "Vor dem Block fehlt ein Satz oder die Überschrift",
    en: "The sentence before the block or the heading is missing",
  },
  "lint.prose-missing.way": {
    de: "Unter einer Überschrift in einem Satz sagen, was der Block tut und was zu erwarten ist",
    en: "Under a heading say in one sentence what the block does and what to expect",
  },
  "lint.interactive-block": { de: "Der Block erwartet in VS Code eine Eingabe", en: "The block waits for input in VS Code" },
  "lint.interactive-block.way": { de: "interactive auf false setzen", en: "Set interactive to false" },
  "lint.review-overdue": { de: "Die Durchsicht ist überfällig", en: "The review is overdue" },
  "lint.review-overdue.way": {
    de: "Das Playbook durchgehen, üben und review_by neu setzen",
    en: "Go through the playbook, drill it and set review_by anew",
  },
  "lint.review-overdue.seen": {
    de: "Die Durchsicht war am {day} fällig, zuständig: {owner}",
    en: "The review was due on {day}, owner: {owner}",
  },
} as const;
