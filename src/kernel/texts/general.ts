export const generalTexts = {
  verbatim: { de: "{text}", en: "{text}" },
  join: { de: "{first}; {rest}", en: "{first}; {rest}" },
  "secret.env-missing": { de: "Die Umgebungsvariable {name} ist nicht gesetzt", en: "The environment variable {name} is not set" },
  "secret.file-unreadable": {
    de: "Das Geheimnis in {path} ist nicht lesbar ({reason})",
    en: "The secret in {path} cannot be read ({reason})",
  },
  "secret.next": {
    de: "Geheimnis {reference} bereitstellen, dann: ampel config:check",
    en: "Provide the secret {reference}, then: ampel config:check",
  },
} as const;
