import { commandRule, lineRule, type LintContext, type LintRule } from "./rule.ts";
import { isVerb, verbOf } from "./command.ts";

const amount = String.raw`\d+\s*(?:sek(?:unden?)?|s|min(?:uten?|utes?)?|h|std|stunden?|hours?)\b`;
const fixedTime = new RegExp(String.raw`\b(?:in|innerhalb(?:\s+von)?|within|bis)\s+(?:ca\.?\s+|etwa\s+|about\s+)?${amount}`, "i");
const callback = new RegExp(String.raw`(?:rückruf|rueckruf|zurück|call\s?-?back|melden uns)[^\n]{0,30}${fixedTime.source}`, "i");
const cronLine = /^\s*(?:[\d*,/-]+\s+){4}[\d*,/A-Za-z-]+\s+(?:\w+\s+)?[/.]?\S*\/\S+/;

export function isCronLine(text: string): boolean {
  return cronLine.test(text);
}

function* findCron(context: LintContext): Iterable<{ line: number }> {
  for (const { line, text } of context.lines) if (isCronLine(text)) yield { line };
}

export const promiseRules: readonly LintRule[] = [
  commandRule(
    "promise-fixed-time",
    "promise",
    11,
    (command) =>
      (isVerb(command, /^(notify|notice|promise|status-page|announce):/) || /^(mail|sendmail|swaks|curl)$/.test(command.words[0] ?? "")) &&
      [...(verbOf(command)?.args ?? command.words)].some((word) => fixedTime.test(word)),
  ),
  lineRule("callback-promise", "promise", 21, "lines", callback),
  // A time beside a goal or in a heading: what the author hoped for, measured by nobody.
  lineRule(
    "unmeasured-time",
    "promise",
    36,
    "prose",
    new RegExp(
      String.raw`(?:fix|rto|dauer|behoben|wiederherstellung)\b[^\n]{0,12}[<≤]\s*${amount}|^#{1,6}\s.*\(\s*[<≤~]?\s*${amount}\s*\)`,
      "i",
    ),
    "warning",
  ),
  // Words or X where digits belong: `+49 176 DEVOPS-ONCALL`.
  lineRule(
    "contact-placeholder",
    "promise",
    29,
    "prose",
    /\+\d{1,3}[ -]?\(?\d{2,4}\)?[ -]+[A-ZÄÖÜX][A-ZÄÖÜX-]{1,}|\+\d{1,3}[ -]?0{4}[ -]?0{4,}/,
  ),
  { id: "silent-cron", family: "promise", severity: "error", procedure: 37, check: findCron },
];
