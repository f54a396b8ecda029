import { message } from "../../kernel/message.ts";
import { isInProcess } from "../parameters.ts";
import { blocksOf, type Block, type Step } from "../playbook.ts";
import type { RuleId } from "../problem.ts";
import { programOf, unitAction, verbOf } from "./command.ts";
import type { Hit, LintContext, LintRule } from "./rule.ts";
import type { ShellCommand } from "../shell.ts";

function stepRule(id: RuleId, find: (step: Step, context: LintContext) => Iterable<number>, procedure?: number): LintRule {
  return {
    id,
    family: "safety",
    severity: "error",
    ...(procedure === undefined ? {} : { procedure }),
    *check(context): Iterable<Hit> {
      for (const step of context.playbook?.steps ?? []) {
        for (const line of find(step, context)) {
          yield { line, what: message("playbook.step-finding", { step: step.name, what: { key: `lint.${id}`, values: {} } }) };
        }
      }
    },
  };
}

function changes(block: Block): boolean {
  return block.risk !== "read";
}

const writers =
  /^(rm|mv|cp|dd|tee|truncate|ln|install|chmod|chown|kill|reboot|shutdown|useradd|userdel|crontab|mount|umount|mkfs.*|redis-cli|apt|apt-get|npm|composer|pip3?)$/;

function isWriting(command: ShellCommand, context: LintContext): boolean {
  const verb = verbOf(command);
  if (verb?.tool === "ampel") {
    const known = context.options.commands.find(({ name }) => name === verb.name);
    return known?.isWriting === true && !verb.args.includes("--dry-run");
  }
  const program = programOf(command);
  if (program === "redis-cli") {
    return !command.words.some((word) => /^(ping|info|llen|get|ttl|scan|dbsize|type|memory|slowlog|role|exists|zcard|lrange)$/i.test(word));
  }
  if (program === "sed") return command.words.some((word) => /^-i|--in-place/.test(word));
  const action = unitAction(command);
  if (action !== undefined) {
    return /^(start|stop|restart|reload.*|try-restart|kill|enable|disable|mask|unmask|isolate|reset-failed|daemon-reload)$/.test(
      action.verb,
    );
  }
  const isToFile = command.redirects.some(({ operator, target }) => /^(>|>>|&>|&>>)$/.test(operator) && target !== "/dev/null");
  return writers.test(program) || isToFile;
}

/** A block that says it only reads, and does not. */
function* findUnderstated(context: LintContext): Iterable<Hit> {
  if (context.playbook === undefined) return;
  for (const { attributes, commands } of context.scripts) {
    const risk = attributes["risk"] ?? (attributes["role"] === "undo" || attributes["role"] === "fallback" ? "write" : "read");
    if (risk !== "read" || attributes["role"] === "note" || attributes["ignore"] === "true") continue;
    for (const command of commands) if (isWriting(command, context)) yield { line: command.line };
  }
}

export const safetyRules: readonly LintRule[] = [
  stepRule("run-all", function* (step) {
    for (const block of blocksOf(step)) if (changes(block) && block.attributes["excludeFromRunAll"] !== "true") yield block.line;
  }),
  {
    id: "note-in-run-all",
    family: "safety",
    severity: "error",
    *check({ playbook }) {
      for (const note of playbook?.notes ?? []) if (note.attributes["excludeFromRunAll"] !== "true") yield { line: note.line };
    },
  },
  stepRule("verify-missing", function* (step) {
    if (changes(step.do) && step.verify === undefined) yield step.do.line;
  }),
  stepRule("undo-missing", function* (step) {
    if (step.risk === "danger" && step.undo === undefined && step.reason === undefined) yield step.do.line;
  }),
  stepRule("guard-missing", function* (step) {
    if (step.risk === "danger" && step.guard === undefined) yield step.do.line;
  }),
  stepRule("approval-missing", function* (step) {
    if (step.risk === "danger" && step.approve === 0) yield step.do.line;
  }),
  stepRule("look-changes", function* (step) {
    for (const block of [step.guard, step.verify]) if (block !== undefined && changes(block)) yield block.line;
  }),
  stepRule("timeout-missing", function* (step) {
    for (const block of blocksOf(step)) if (block.attributes["timeout"] === undefined) yield block.line;
  }),
  stepRule("resume-unstated", function* (step) {
    if (step.risk !== "read" && step.do.attributes["idempotent"] === undefined) yield step.do.line;
  }),
  stepRule("retry-unsafe", function* (step) {
    if (step.retries > 0 && step.idempotent === "no") yield step.do.line;
  }),
  stepRule(
    "host-unstated",
    function* (step) {
      if (step.do.attributes["host"] === undefined && blocksOf(step).some((block) => !isInProcess(block))) yield step.do.line;
    },
    41,
  ),
  { id: "risk-understated", family: "safety", severity: "error", check: findUnderstated },
];
