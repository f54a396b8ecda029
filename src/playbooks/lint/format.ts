import { readInfo } from "../attributes.ts";
import { message } from "../../kernel/message.ts";
import { runnableLanguages } from "../playbook.ts";
import type { LintContext, LintRule } from "./rule.ts";
import type { RuleId } from "../problem.ts";

/** Reported by the parser; listed here so that every rule has its place in the documentation. */
const parserRules: readonly RuleId[] = [
  ...(["attribute-unknown", "attribute-value", "block-unnamed", "fence-nested", "fence-open", "for-target", "foreign-document"] as const),
  ...([
    "front-matter-field",
    "front-matter-missing",
    "front-matter-tag",
    "front-matter-trigger",
    "front-matter-unknown",
    "front-matter-yaml",
  ] as const),
  ...(["host-differs", "info-string", "name-form", "name-twice", "parameter-differs", "risk-missing", "steps-missing"] as const),
];

function formatRule(id: RuleId, check: NonNullable<LintRule["check"]>): LintRule {
  return { id, family: "format", severity: "error", check };
}

function* findLooseInfo({ document }: LintContext): Iterable<{ line: number }> {
  for (const fence of document.fences) {
    const { flaws, form } = readInfo(fence.info);
    const isLoose = flaws.some((flaw) => flaw === "pairs" || flaw === "spacing" || flaw === "extra-text" || flaw === "not-a-string");
    if (form !== "none" && isLoose) yield { line: fence.line };
  }
}

function* findPrompts({ scripts }: LintContext): Iterable<{ line: number }> {
  for (const { line, text } of scripts.flatMap((script) => script.lines)) if (/^\s*\$\s/.test(text)) yield { line };
}

function* findHashLines({ scripts }: LintContext): Iterable<{ line: number }> {
  for (const { line, text } of scripts.flatMap((script) => script.lines)) if (text.startsWith("### ")) yield { line };
}

function* findOrder({ playbook }: LintContext): Iterable<{ line: number }> {
  for (const step of playbook?.steps ?? []) {
    if (step.guard !== undefined && step.guard.line > step.do.line) yield { line: step.guard.line };
    for (const later of [step.verify, step.undo, step.fallback]) {
      if (later !== undefined && later.line < step.do.line) yield { line: later.line };
    }
  }
}

function* findWithoutProse({ document, playbook }: LintContext): Iterable<{ line: number }> {
  if (playbook === undefined) return;
  for (const fence of document.fences) {
    if (readInfo(fence.info).form !== "none" && fence.paragraph === "") yield { line: fence.line };
  }
  for (const step of playbook.steps) if (step.heading === "") yield { line: step.do.line };
}

function* findInteractive({ playbook, scripts }: LintContext): Iterable<{ line: number }> {
  if (playbook === undefined) return;
  for (const { attributes, fence, language } of scripts) {
    if (!runnableLanguages.includes(language) || attributes["ignore"] === "true" || attributes["role"] === "note") continue;
    if (attributes["interactive"] !== "false") yield { line: fence.line };
  }
}

function* findLostVariables({ scripts }: LintContext): Iterable<{ line: number }> {
  for (const { lines } of scripts) {
    let delimiter: string | undefined;
    for (const { line, text } of lines) {
      if (delimiter !== undefined) {
        if (text.trim() === delimiter) delimiter = undefined;
        else if (/^\$\w/.test(text)) yield { line };
      } else delimiter = /<<-?\s*["']?(\w+)["']?/.exec(text)?.[1];
    }
  }
}

export const formatRules: readonly LintRule[] = [
  ...parserRules.map((id): LintRule => ({
    id,
    family: "format",
    severity: "error",
    ...(id === "foreign-document" ? { procedure: 41 } : {}),
  })),
  formatRule("info-string-form", findLooseInfo),
  formatRule("shell-prompt", findPrompts),
  formatRule("hash-line", findHashLines),
  formatRule("heredoc-variable", findLostVariables),
  formatRule("block-order", findOrder),
  formatRule("prose-missing", findWithoutProse),
  formatRule("interactive-block", findInteractive),
  {
    id: "review-overdue",
    family: "format",
    severity: "warning",
    *check({ playbook, document, options }) {
      if (playbook === undefined || options.now < Date.parse(playbook.reviewBy) + 86_400_000) return;
      yield {
        line: document.frontMatter?.line ?? 1,
        what: message("lint.review-overdue.seen", { day: playbook.reviewBy, owner: playbook.owner }),
      };
    },
  },
];
