import { hasFlag, hasLetter, isVerb, programOf, unitAction } from "./command.ts";
import { commandRule, type LintRule, type Script } from "./rule.ts";
import type { ShellCommand } from "../shell.ts";

const starts = new Set(["start", "restart", "reload-or-restart", "try-restart"]);
const claimsSuccess = /✅|✔|\b(complete[d]?|success(ful(ly)?)?|done|erfolgreich|fertig|behoben|erledigt|alles\s+(gut|ok))\b/i;

function isProcessHunt(command: ShellCommand): boolean {
  const program = programOf(command);
  if (["pkill", "killall", "killall5", "skill", "slay"].includes(program)) return true;
  if (program === "fuser") return command.words.some((word) => /^-\w*k/.test(word));
  if (program !== "kill") return false;
  const isFromPattern = command.raw.some((word) => /\$\(|`/.test(word) && /pgrep|pidof|\bps\b|lsof|fuser|grep/.test(word));
  return isFromPattern || command.wrappers.includes("xargs") || command.words.includes("-1");
}

function swallows(command: ShellCommand): boolean {
  if (command.before !== "||") return false;
  return ["true", ":", "echo", "printf"].includes(programOf(command));
}

function isErrexit(command: ShellCommand): boolean {
  return programOf(command) === "set" && command.words.some((word) => /^-\w*e/.test(word));
}

/** `set -e` and then `a || start a`: the first start that fails ends the script before anything else is looked at. */
function stopsMidway(command: ShellCommand, script: Script, index: number): boolean {
  return (
    isErrexit(command) &&
    script.commands.slice(index + 1).some((later) => later.before === "||" && !["exit", "return", "false"].includes(programOf(later)))
  );
}

export const serviceRules: readonly LintRule[] = [
  commandRule("blind-start", "service", 30, (command, script, index) => {
    const action = unitAction(command);
    const previous = script.commands[index - 1];
    return (
      action !== undefined &&
      starts.has(action.verb) &&
      command.before === "||" &&
      previous !== undefined &&
      ["is-active", "status", "is-failed"].includes(unitAction(previous)?.verb ?? "")
    );
  }),
  commandRule("restart-many", "service", 33, (command) => {
    const action = unitAction(command);
    return (
      action !== undefined &&
      (starts.has(action.verb) || action.verb === "stop" || action.verb === "kill") &&
      (action.units.length > 1 || action.units.includes("all"))
    );
  }),
  commandRule("database-restart", "service", 33, (command, script) => {
    const action = unitAction(command);
    const isRisky =
      action !== undefined && ["restart", "stop", "kill", "force-reload"].includes(action.verb) && action.databases.length > 0;
    return isRisky && script.attributes["risk"] !== "danger";
  }),
  commandRule(
    "background-worker",
    "service",
    31,
    (command) =>
      command.after === "&" ||
      command.wrappers.some((word) => word === "nohup" || word === "setsid") ||
      programOf(command) === "disown" ||
      (programOf(command) === "screen" && hasLetter(command, "d")) ||
      (programOf(command) === "tmux" && hasLetter(command, "d")),
  ),
  commandRule("kill-by-pattern", "service", undefined, isProcessHunt),
  commandRule(
    "success-unproven",
    "service",
    32,
    (command) =>
      ["echo", "printf"].includes(programOf(command)) &&
      !["&&", "||"].includes(command.before) &&
      command.words.slice(1).some((word) => claimsSuccess.test(word)),
  ),
  commandRule("errexit-midway", "service", 32, stopsMidway),
  commandRule("failure-swallowed", "service", 32, (command, script, index) => {
    if (programOf(command) === "set" && command.words.some((word) => /^\+\w*e/.test(word))) return true;
    const previous = programOf(script.commands[index - 1] ?? command);
    return swallows(command) && previous !== "curl" && previous !== "wget";
  }),
  commandRule(
    "closes-login",
    "service",
    undefined,
    (command) => command.depth === 0 && !command.isInner && (programOf(command) === "exit" || programOf(command) === "logout"),
    "error",
  ),
  commandRule("auto-fix-first", "service", 1, (command) => hasFlag(command, "--auto-fix")),
  commandRule("host-restart", "service", undefined, (command, script) => {
    if (script.attributes["risk"] === "danger") return false;
    if (["reboot", "shutdown", "poweroff", "halt", "init"].includes(programOf(command))) return true;
    return ["reboot", "poweroff", "halt", "kexec", "isolate", "rescue"].includes(unitAction(command)?.verb ?? "");
  }),
  commandRule(
    "blind-reconnect",
    "service",
    5,
    (command) => isVerb(command, /^db:(reconnect|pool-clear)$/, "artisan") || isVerb(command, /^db:kill-slow-queries$/),
  ),
];
