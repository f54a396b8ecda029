import { hasFlag, hasLetter, isVerb, programOf, settingsOf, verbOf } from "./command.ts";
import { commandRule, type LintContext, type LintRule, type Script } from "./rule.ts";
import { sshParts, unquote, type ShellCommand } from "../shell.ts";

const offValues = /^(false|0|off|no|none|null|disabled|"")?$/i;
const checkKeys = /verif|signature|(^|[._-])(auth|csrf|tls|ssl|firewall|allowlist|ratelimit|rate_limit|throttle)([._-]|$)/i;

function isDryRun(command: ShellCommand): boolean {
  return hasFlag(command, "--dry-run", "--preview", "--diff", "--plan");
}

/** The same command was shown dry earlier in this document. */
function isPreviewed({ scripts }: { readonly scripts: readonly Script[] }, command: ShellCommand): boolean {
  const name = verbOf(command)?.name;
  return scripts
    .flatMap((script) => script.commands)
    .some((earlier) => earlier.line < command.line && verbOf(earlier)?.name === name && isDryRun(earlier));
}

function previewedRule(id: LintRule["id"], procedure: number, matches: (command: ShellCommand) => boolean): LintRule {
  return {
    id,
    family: "vendor",
    severity: "error",
    procedure,
    *check(context: LintContext) {
      for (const command of context.scripts.flatMap((script) => script.commands)) {
        if (matches(command) && !isDryRun(command) && !isPreviewed(context, command)) yield { line: command.line };
      }
    },
  };
}

function isWeb(command: ShellCommand): boolean {
  return ["curl", "wget"].includes(programOf(command));
}

export function urlsOf(command: ShellCommand): string[] {
  return command.words.flatMap((word) => word.match(/https?:\/\/[^\s"'|)]+/g) ?? []);
}

function isBlind(command: ShellCommand): boolean {
  if (programOf(command) === "wget") return !hasFlag(command, "--timeout", "-T");
  if (programOf(command) !== "curl" || command.words.length < 2 || hasFlag(command, "--version", "--help")) return false;
  // `--write-out %{http_code}` looks at the status by itself.
  const sees = hasFlag(command, "--fail", "--fail-with-body", "--write-out") || hasLetter(command, "f") || hasLetter(command, "w");
  const ends =
    hasFlag(command, "--max-time") ||
    hasLetter(command, "m") ||
    command.words.some((word) => /^-m\d/.test(word)) ||
    command.wrappers.includes("timeout");
  return !sees || !ends;
}

function isLoopback(command: ShellCommand): boolean {
  return (
    hasFlag(command, "--resolve", "--connect-to", "--unix-socket") ||
    urlsOf(command).every((url) => /^https?:\/\/(localhost|127\.|\[::1\])/.test(url))
  );
}

function isRelativeTime(command: ShellCommand): boolean {
  return command.words.some((word) => /\b(ago|last|yesterday|gestern|letzte)\b/i.test(word)) || hasFlag(command, "--last-hour");
}

/** Switches of ours that go back to normal need no end: a check that is on again, everything else that is off. */
function endsSwitches(command: ShellCommand): boolean {
  return verbOf(command)?.tool === "ampel" && settingsOf(command).every(({ key, value }) => checkKeys.test(key) !== offValues.test(value));
}

const logFile = /(^|\/)[\w.*-]*\.log(\.\d+)?(\.gz)?$|^\/var\/log\//;

export const vendorRules: readonly LintRule[] = [
  commandRule(
    "raw-log",
    "vendor",
    6,
    (command) =>
      ["tail", "cat", "less", "more", "head", "grep", "egrep", "zgrep", "zcat", "awk", "sed"].includes(programOf(command)) &&
      command.words.slice(1).some((word) => logFile.test(word)),
  ),
  commandRule("blind-check", "vendor", 8, isBlind),
  commandRule(
    "verdict-by-echo",
    "vendor",
    8,
    (command, script, index) =>
      ["echo", "printf", "true", ":"].includes(programOf(command)) &&
      command.before === "||" &&
      isWeb(script.commands[index - 1] ?? command),
  ),
  commandRule(
    "temporary-without-expiry",
    "vendor",
    9,
    (command) => settingsOf(command).length > 0 && !(hasFlag(command, "--for") && hasFlag(command, "--reason")) && !endsSwitches(command),
  ),
  commandRule(
    "mode-without-way-back",
    "vendor",
    10,
    (command) => isVerb(command, /:(enable|disable|activate|deactivate)\b/) && !hasFlag(command, "--for", "--off"),
  ),
  commandRule(
    "notice-to-all",
    "vendor",
    11,
    (command) =>
      isVerb(command, /^notify:customers$/) && !hasFlag(command, "--incident", "--company", "--affected", "--preview", "--dry-run"),
  ),
  commandRule(
    "breaker-forced",
    "vendor",
    12,
    (command) => isVerb(command, /^circuit-breaker:reset$/) && hasFlag(command, "--force") && !hasFlag(command, "--reason"),
  ),
  previewedRule("sync-unchecked", 13, (command) => isVerb(command, /sync/)),
  commandRule(
    "stale-data",
    "vendor",
    14,
    (command) =>
      settingsOf(command).some(({ key, value }) => /cache_?fallback|stale|use_?cache/i.test(key) && !offValues.test(value)) &&
      !hasFlag(command, "--for"),
  ),
  commandRule(
    "signature-off",
    "vendor",
    15,
    (command) =>
      settingsOf(command).some(({ key, value }) => checkKeys.test(key) && offValues.test(value)) ||
      command.assignments.some((word) => /^\w*(VERIFY|SIGNATURE)\w*=(false|0|off)$/i.test(unquote(word))),
  ),
  previewedRule("replay-unchecked", 16, (command) => isVerb(command, /^webhooks?:(replay|retry-failed)$/)),
  commandRule(
    "replay-by-clock",
    "vendor",
    16,
    // A plan pins what it found; only what is run must not move with the clock.
    (command) => isVerb(command, /^webhooks?:(replay|retry-failed)$/) && isRelativeTime(command) && !isDryRun(command),
  ),
  commandRule(
    "second-receiver",
    "vendor",
    17,
    (command) => isVerb(command, /webhook.*(url|fallback)|(url|fallback).*webhook/) && verbOf(command)?.tool === "artisan",
  ),
  commandRule("statuspage-path", "vendor", 18, (command) =>
    urlsOf(command).some((url) => /api\.statuspage\.io\/v1\/(?!pages\/)/.test(url)),
  ),
  commandRule(
    "dns-by-hand",
    "vendor",
    19,
    (command) =>
      (/dns[-_.:]?(failover|switch|update)|failover[-_.:]?dns/.test(programOf(command)) || programOf(command) === "nsupdate") &&
      programOf(command) !== "ampel",
  ),
  commandRule(
    "host-key-unpinned",
    "vendor",
    20,
    (command) =>
      /^(ssh|scp|sftp|rsync|autossh)$/.test(programOf(command)) &&
      command.words.some((word) => /StrictHostKeyChecking=(no|off|accept-new)|UserKnownHostsFile=\/dev\/null/i.test(word)),
  ),
  commandRule(
    "login-by-hand",
    "vendor",
    20,
    (command) =>
      programOf(command) === "ssh" &&
      sshParts(command.words).target !== undefined &&
      sshParts(command.words).command.length === 0 &&
      command.redirects.length === 0 &&
      command.before !== "|",
  ),
  commandRule("health-through-dns", "vendor", 35, (command, script, index) => {
    if (!isWeb(command)) return false;
    const isLast = !script.commands.slice(index + 1).some((later) => !["echo", "printf"].includes(programOf(later)));
    return isLast && urlsOf(command).some((url) => /\/(health\w*|up|status|ping|readyz|livez)\b/.test(url)) && !isLoopback(command);
  }),
  commandRule(
    "relative-recipients",
    "vendor",
    38,
    (command) =>
      isVerb(command, /^notify:/) && (hasFlag(command, "--affected-last-hour", "--last-hour", "--since") || isRelativeTime(command)),
  ),
  commandRule("local-date-name", "vendor", 39, (command) =>
    command.raw.some((word) => /(\$\(|`)date\s+\+%[^)`]*/.test(word) && !/%H|%s|%T|-u/.test(word)),
  ),
];
