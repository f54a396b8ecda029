import { hasFlag, hasLetter, isVerb, programOf, unitAction } from "./command.ts";
import { commandRule, type LintRule } from "./rule.ts";
import type { ShellCommand } from "../shell.ts";

function losesWork(command: ShellCommand): boolean {
  if (programOf(command) !== "git") return false;
  const has = (word: string): boolean => command.words.includes(word);
  if (has("reset") && has("--hard")) return true;
  if (has("clean") && (hasLetter(command, "f") || hasFlag(command, "--force"))) return true;
  if (
    (has("checkout") || has("restore") || has("switch")) &&
    (has(".") || hasLetter(command, "f") || hasFlag(command, "--force", "--discard-changes"))
  ) {
    return true;
  }
  return has("stash") && (has("drop") || has("clear"));
}

function installs(command: ShellCommand): boolean {
  const verb = command.words.slice(1).find((word) => !word.startsWith("-")) ?? "";
  const tools: Record<string, RegExp> = {
    apt: /^(install|upgrade|full-upgrade|dist-upgrade|remove|purge|autoremove)$/,
    "apt-get": /^(install|upgrade|dist-upgrade|remove|purge|autoremove)$/,
    bundle: /^(install|update)$/,
    cargo: /^install$/,
    composer: /^(install|update|require)$/,
    gem: /^install$/,
    npm: /^(ci|install|i|update|rebuild)$/,
    pip: /^install$/,
    pip3: /^install$/,
    pnpm: /^(install|i|update)$/,
    yarn: /^(install|add|upgrade)?$/,
  };
  return tools[programOf(command)]?.test(verb) ?? false;
}

function deletes(command: ShellCommand): boolean {
  const program = programOf(command);
  if (program === "find") {
    return (
      command.words.includes("-delete") ||
      command.words.some((word, index) => /^-(exec|execdir)$/.test(word) && /(^|\/)rm$/.test(command.words[index + 1] ?? ""))
    );
  }
  if (program === "shred") return true;
  if (program !== "rm") return false;
  if (hasLetter(command, "r") || hasLetter(command, "R") || hasFlag(command, "--recursive")) return true;
  return command.words.slice(1).some((word) => /[*?]/.test(word)) || command.wrappers.includes("xargs");
}

function isReload(command: ShellCommand): boolean {
  const action = unitAction(command);
  return action !== undefined && ["reload", "restart", "try-restart"].includes(action.verb);
}

const looks = /^(curl|ampel|wget)$/;

export const releaseRules: readonly LintRule[] = [
  commandRule("git-reset-hard", "release", 22, losesWork),
  commandRule("install-on-live", "release", 23, installs),
  commandRule("restart-order", "release", 24, (command, script, index) => {
    const action = unitAction(command);
    if (action?.verb === "restart" && action.units.length === 1 && /^php[\d.]*-fpm/.test(action.units[0] ?? "")) return true;
    if (!isVerb(command, /^up$/, "artisan")) return false;
    const restartAt = script.commands.findLastIndex((earlier, at) => at < index && isReload(earlier));
    return !script.commands.slice(restartAt + 1, index).some((between) => looks.test(programOf(between)));
  }),
  commandRule("delete-for-good", "release", undefined, deletes),
  commandRule(
    "file-emptied",
    "release",
    undefined,
    (command) =>
      (programOf(command) === "truncate" && command.words.some((word) => /^(-s|--size)=?0?$/.test(word))) ||
      (command.words.length === 0 && command.redirects.some(({ operator }) => operator === ">")) ||
      ([":", "true"].includes(programOf(command)) &&
        command.redirects.some(({ operator, target }) => operator === ">" && target !== "/dev/null")),
  ),
  commandRule("disk-overwritten", "release", undefined, (command) => {
    const program = programOf(command);
    if (/^(mkfs(\..*)?|wipefs|blkdiscard|fdisk|sfdisk|parted)$/.test(program)) return true;
    return program === "dd" && command.words.some((word) => /^of=\/dev\/(?!null|zero)/.test(word));
  }),
  commandRule(
    "open-to-all",
    "release",
    undefined,
    (command) =>
      programOf(command) === "chmod" && command.words.some((word) => /^0?[0-7]?[0-7]{2}[2367]$|^[ugo]*[ao][ugo]*\+\w*w/.test(word)),
  ),
  commandRule("check-skipped", "release", undefined, (command) => {
    if (hasFlag(command, "--no-verify", "--no-check-certificate", "--disable-verification", "--force-yes", "--allow-unauthenticated")) {
      return true;
    }
    if (command.assignments.some((word) => /^(NODE_TLS_REJECT_UNAUTHORIZED=0|GIT_SSL_NO_VERIFY=)/.test(word))) return true;
    if (programOf(command) === "curl" && (hasLetter(command, "k") || hasFlag(command, "--insecure"))) return true;
    if (programOf(command) === "setenforce" && command.words.includes("0")) return true;
    return (
      (programOf(command) === "ufw" && command.words.includes("disable")) ||
      (/^ip6?tables$/.test(programOf(command)) && command.words.some((word) => word === "-F" || word === "--flush"))
    );
  }),
  commandRule("piped-into-shell", "release", undefined, (command, script, index) => {
    const isShell = /^(ba|z|da)?sh$/.test(programOf(command)) && command.before === "|";
    return isShell && script.commands.slice(0, index).some((earlier) => /^(curl|wget)$/.test(programOf(earlier)) && earlier.after === "|");
  }),
];
