import { message } from "../../kernel/message.ts";
import { findNearest } from "../front-matter.ts";
import { programOf, verbOf } from "./command.ts";
import { commandRule, type Hit, type LintContext, type LintRule } from "./rule.ts";
import type { ShellCommand } from "../shell.ts";

/** Commands that come with Laravel and Horizon (source: their repositories, Console folders). All others must be proven on the host. */
const laravelCommands = new Set([
  ...[
    "about",
    "cache:clear",
    "cache:forget",
    "config:cache",
    "config:clear",
    "db",
    "db:monitor",
    "db:show",
    "db:table",
    "db:wipe",
    "down",
    "env",
    "event:cache",
    "event:clear",
  ],
  ...[
    "horizon",
    "horizon:clear",
    "horizon:continue",
    "horizon:list",
    "horizon:pause",
    "horizon:purge",
    "horizon:snapshot",
    "horizon:status",
    "horizon:supervisors",
    "horizon:terminate",
  ],
  ...[
    "inspire",
    "list",
    "help",
    "migrate",
    "migrate:fresh",
    "migrate:refresh",
    "migrate:reset",
    "migrate:rollback",
    "migrate:status",
    "optimize",
    "optimize:clear",
  ],
  ...[
    "queue:clear",
    "queue:failed",
    "queue:flush",
    "queue:forget",
    "queue:listen",
    "queue:monitor",
    "queue:restart",
    "queue:retry",
    "queue:work",
    "route:cache",
    "route:clear",
    "route:list",
  ],
  ...[
    "schedule:list",
    "schedule:run",
    "schedule:test",
    "schedule:work",
    "serve",
    "storage:link",
    "tinker",
    "up",
    "view:cache",
    "view:clear",
  ],
]);

function* findUnknownCommands({ scripts, options }: LintContext): Iterable<Hit> {
  const names = options.commands.map((command) => command.name);
  for (const command of scripts.flatMap((script) => script.commands)) {
    const verb = verbOf(command);
    if (verb?.tool !== "ampel" || verb.name.startsWith("-") || names.includes(verb.name)) continue;
    yield { line: command.line, what: message("lint.command-unknown.seen", { name: verb.name, nearest: findNearest(verb.name, names) }) };
  }
}

function* findUnproven({ scripts }: LintContext): Iterable<Hit> {
  for (const command of scripts.flatMap((script) => script.commands)) {
    const verb = verbOf(command);
    if (verb?.tool !== "artisan" || laravelCommands.has(verb.name) || verb.name === "") continue;
    yield { line: command.line };
  }
}

const placeholder =
  /^(?:--?[\w-]+=)?(?:X{1,5}|N{2,}|TODO|FIXME|CHANGE_?ME|ID|FOO|BAR|PLACEHOLDER)$|(?<![$\w{])(?:YOUR|MY|DEIN|IHR|STABLE|SOME)_[A-Z_]+\b(?!=)|^<[A-Za-z][\w -]*>$|\bREPLACE_?ME\b/;

function isPlaceholder(command: ShellCommand): boolean {
  const isAngled =
    command.redirects.some(({ operator, target }) => operator === "<" && /^[A-Za-z_-]+$/.test(target)) &&
    command.redirects.some(({ operator }) => operator === ">");
  return isAngled || command.raw.slice(1).some((word) => placeholder.test(word.replaceAll(/^["']|["']$/g, "")) && !/\$\(|`/.test(word));
}

/** `./script.sh` and `php artisan` mean something only in one directory, as one user, on one host. */
function* findRelative({ scripts }: LintContext): Iterable<Hit> {
  for (const { commands, attributes } of scripts) {
    if (attributes["cwd"] !== undefined) continue;
    let isPlaced = false;
    for (const command of commands) {
      if (programOf(command) === "cd" && /^(\/|\$)/.test(command.words[1] ?? "")) isPlaced = true;
      const isScript = /^\.{1,2}\//.test(command.words[0] ?? "");
      const isArtisan = verbOf(command)?.tool === "artisan" && command.words.includes("artisan");
      if (!isPlaced && (isScript || isArtisan || programOf(command) === "git") && !command.words.includes("-C")) {
        yield { line: command.line };
      }
    }
  }
}

export const referenceRules: readonly LintRule[] = [
  { id: "command-unknown", family: "reference", severity: "error", check: findUnknownCommands },
  { id: "command-unproven", family: "reference", severity: "warning", check: findUnproven },
  commandRule("placeholder", "reference", 7, isPlaceholder),
  { id: "relative-command", family: "reference", severity: "error", procedure: 41, check: findRelative },
  {
    id: "return-unknown",
    family: "reference",
    severity: "error",
    *check({ playbook, document, options }) {
      const target = playbook?.returnPlaybook;
      if (target === undefined || options.playbookIds === undefined || options.playbookIds.has(target)) return;
      yield { line: document.frontMatter?.line ?? 1, what: message("lint.return-unknown.seen", { id: target }) };
    },
  },
];
