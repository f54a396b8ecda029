/** What stands in ampel.yaml does not fit together, or does not fit the machine. */
export const configCheckTexts = {
  "config.unknown-reference": { de: "{name} gibt es unter {section} nicht", en: "{name} does not exist under {section}" },
  "config.nearest-reference": { de: "{nearest} schreiben (vorhanden: {names})", en: "Write {nearest} (there are: {names})" },
  "config.possible-references": { de: "Eines schreiben von: {names}; oder {name} unter {section} anlegen", en: "Write one of: {names}; or add {name} under {section}" },
  "config.no-references": { de: "{name} unter {section} anlegen", en: "Add {name} under {section}" },
} as const;
