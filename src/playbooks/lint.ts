import type { Message } from "../kernel/message.ts";
import { readInfo } from "./attributes.ts";
import type { Document, Fence, TextLine } from "./document.ts";
import { dataRules } from "./lint/data.ts";
import { formatRules } from "./lint/format.ts";
import { isCronLine, promiseRules } from "./lint/promise.ts";
import { referenceRules } from "./lint/reference.ts";
import { releaseRules } from "./lint/release.ts";
import type { LintContext, LintOptions, LintRule, Script, Severity } from "./lint/rule.ts";
import { safetyRules } from "./lint/safety.ts";
import { maskSecrets, secretRules } from "./lint/secret.ts";
import { serviceRules } from "./lint/service.ts";
import { vendorRules } from "./lint/vendor.ts";
import { parsePlaybook, type ParsedPlaybook } from "./parse.ts";
import { shellLanguages } from "./playbook.ts";
import { wayOf, whatOf } from "./problem.ts";
import { listCommands } from "./shell.ts";

/** Every rule, by family; the documentation of the rules is made from this list and their texts. */
export const lintRules: readonly LintRule[] = [
  ...formatRules,
  ...safetyRules,
  ...dataRules,
  ...serviceRules,
  ...releaseRules,
  ...vendorRules,
  ...secretRules,
  ...referenceRules,
  ...promiseRules,
];

/** What one rule found in one document. The same thing seen again is one more entry of `lines`, not one more finding. */
export type LintFinding = {
  readonly rule: string;
  readonly severity: Severity;
  readonly path: string;
  /** The first of `lines`. */
  readonly line: number;
  readonly lines: readonly number[];
  /** The first line as it stands there, secrets masked, at most 120 characters. */
  readonly excerpt: string;
  readonly message: Message;
  readonly safeWay: Message;
  /** Number of the procedure the rule comes from. */
  readonly procedure?: number;
};

/** Findings of a playbook's text in the order of its lines; empty = may be run. Never throws for content. */
export function lintPlaybook(text: string, path: string, options: LintOptions): LintFinding[] {
  return lintParsed(parsePlaybook(text, path), options);
}

/** The same for a text that was parsed already. */
export function lintParsed(parsed: ParsedPlaybook, options: LintOptions): LintFinding[] {
  const { document, playbook, problems } = parsed;
  const source = document.text.split(/\r\n|\n|\r/);
  const excerptOf = (line: number): string => cut(maskSecrets((source[line - 1] ?? "").trim()), 120);
  const context = readContext(document, playbook, options);
  const findings: LintFinding[] = [];
  for (const rule of lintRules) {
    const own = problems.filter((problem) => problem.rule === rule.id).map(({ line, message }) => ({ line, what: message }));
    const found = rule.check === undefined ? own : [...own, ...rule.check(context)];
    const groups = new Map<string, { line: number; what: Message }[]>();
    for (const { line, what = whatOf(rule.id) } of found) {
      const group = JSON.stringify(what);
      groups.set(group, [...(groups.get(group) ?? []), { line, what }]);
    }
    for (const hits of groups.values()) {
      const lines = [...new Set(hits.map((hit) => hit.line))].sort((left, right) => left - right);
      const [line = 1] = lines;
      findings.push({
        rule: rule.id,
        severity: rule.severity,
        path: document.path,
        line,
        lines,
        excerpt: excerptOf(line),
        message: hits[0]?.what ?? whatOf(rule.id),
        safeWay: wayOf(rule.id),
        ...(rule.procedure === undefined ? {} : { procedure: rule.procedure }),
      });
    }
  }
  return findings.sort((left, right) => left.line - right.line);
}

function readContext(document: Document, playbook: LintContext["playbook"], options: LintOptions): LintContext {
  const scripts = document.fences.filter((fence) => shellLanguages.includes(readInfo(fence.info).language)).map(readScript);
  const cards = document.fences.filter((fence) => !shellLanguages.includes(readInfo(fence.info).language)).flatMap(linesOf);
  const prose = [...document.prose, ...cards];
  const lines = [...prose, ...scripts.flatMap((script) => script.lines)];
  return { document, ...(playbook === undefined ? {} : { playbook }), scripts, prose, lines, options };
}

function readScript(fence: Fence): Script {
  const { language, attributes } = readInfo(fence.info);
  // A crontab line is a schedule, not five unknown programs.
  const script = fence.body.split("\n").map((text) => (isCronLine(text) ? "" : text));
  return { fence, language, attributes, commands: listCommands(script.join("\n"), fence.line + 1), lines: linesOf(fence) };
}

function linesOf(fence: Fence): TextLine[] {
  return fence.body.split("\n").map((text, index) => ({ line: fence.line + 1 + index, text }));
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
