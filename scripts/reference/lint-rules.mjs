import { say } from "../../src/kernel/message.ts";
import { lintRules } from "../../src/playbooks/lint.ts";
import { families } from "../../src/playbooks/lint/rule.ts";
import { wayOf, whatOf } from "../../src/playbooks/problem.ts";
import { inTable } from "./fields.mjs";

const words = {
  en: {
    title: [
      "# Rules of playbook:lint",
      "What the linter refuses, and what to do instead. The end is 2 when there is an error, 0 when there are warnings only.",
      "Numbers name the procedure of the source playbook in which the rule has its origin.",
    ],
    head: ["| rule | what is wrong | the safe way | procedure |", "|---|---|---|---|"],
    warning: "warning",
    families: {
      format: "Form",
      safety: "Safety",
      data: "Data and queues",
      service: "Services",
      release: "Releases",
      vendor: "Vendors",
      secret: "Secrets",
      reference: "References",
      promise: "Promises",
    },
  },
  de: {
    title: [
      "# Regeln von playbook:lint",
      "Was die Prüfung ablehnt und was stattdessen zu tun ist. Sie endet mit 2, wenn es einen Fehler gibt, mit 0 bei bloßen Warnungen.",
      "Die Zahl nennt das Verfahren des ursprünglichen Playbooks, aus dem die Regel stammt.",
    ],
    head: ["| Regel | was falsch ist | der sichere Weg | Verfahren |", "|---|---|---|---|"],
    warning: "Warnung",
    families: {
      format: "Form",
      safety: "Sicherheit",
      data: "Daten und Warteschlangen",
      service: "Dienste",
      release: "Auslieferung",
      vendor: "Anbieter",
      secret: "Geheimnisse",
      reference: "Verweise",
      promise: "Versprechen",
    },
  },
};

/** Every rule with its two texts, in both languages. */
export function describeLintRules() {
  return { "lint-rules.md": page("en"), "lint-rules.de.md": page("de") };
}

function page(language) {
  const { title, head, warning, families: headings } = words[language];
  const [heading, ...sentences] = title;
  const cell = (message) => {
    const text = inTable(say(message, language).replaceAll(/\{\w+\}/g, "…"));
    return text.slice(0, 1).toLocaleUpperCase(language) + text.slice(1);
  };
  return [
    ...[heading, "", ...sentences],
    ...families.flatMap((family) => {
      const rules = lintRules.filter((rule) => rule.family === family);
      if (headings[family] === undefined) throw new Error(`scripts/reference/lint-rules.mjs has no heading for "${family}"`);
      return [
        "",
        `## ${headings[family]}`,
        "",
        ...head,
        ...rules.map(({ id, severity, procedure }) => {
          const name = severity === "warning" ? `\`${id}\` (${warning})` : `\`${id}\``;
          return `| ${name} | ${cell(whatOf(id))} | ${cell(wayOf(id))} | ${procedure ?? ""} |`;
        }),
      ];
    }),
  ];
}
