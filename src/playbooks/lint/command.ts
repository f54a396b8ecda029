import { programName, unquote, type ShellCommand } from "../shell.ts";

/** A named command of an application: `php artisan queue:clear webhooks`, `ampel queue:clear`. */
export type Verb = { readonly tool: "artisan" | "ampel"; readonly name: string; readonly args: readonly string[] };

export function verbOf(command: ShellCommand): Verb | undefined {
  const { words } = command;
  const artisan = words.findIndex((word) => programName(word) === "artisan");
  if (artisan >= 0 && (artisan === 0 || !["ls", "test", "cat", "stat"].includes(words[0] ?? ""))) {
    const [name = "", ...args] = words.slice(artisan + 1);
    return { tool: "artisan", name, args };
  }
  if (programOf(command) === "ampel") return { tool: "ampel", name: words[1] ?? "", args: words.slice(2) };
  return undefined;
}

export function programOf(command: ShellCommand): string {
  return programName(command.words[0] ?? "");
}

export function isVerb(command: ShellCommand, name: RegExp, tool?: Verb["tool"]): boolean {
  const verb = verbOf(command);
  return verb !== undefined && (tool === undefined || verb.tool === tool) && name.test(verb.name);
}

/** `--for`, `--for=30m`. */
export function hasFlag(command: ShellCommand, ...flags: readonly string[]): boolean {
  return command.words.some((word) => flags.some((flag) => word === flag || word.startsWith(`${flag}=`)));
}

/** A single-letter option, alone or in a bundle such as `-sfS` or `-fm5`. */
export function hasLetter(command: ShellCommand, letter: string): boolean {
  return command.words.some((word) => /^-[A-Za-z]+\d*$/.test(word) && word.includes(letter));
}

/** What `config:set` would set, of either tool. */
export function settingsOf(command: ShellCommand): { key: string; value: string }[] {
  if (!isVerb(command, /^config:set$/)) return [];
  return (verbOf(command)?.args ?? [])
    .filter((word) => !word.startsWith("-") && word.includes("="))
    .map((word) => ({ key: word.slice(0, word.indexOf("=")), value: word.slice(word.indexOf("=") + 1) }));
}

const databaseUnits = /^(mysql|mysqld|mariadb|mariadbd|postgres(ql)?(@.*)?|redis(-server)?|valkey(-server)?|mongod)(\.service)?$/i;

/** Verb and units of a `systemctl` or `service` line. */
export function unitAction(command: ShellCommand): { verb: string; units: readonly string[]; databases: readonly string[] } | undefined {
  const plain = command.words.slice(1).filter((word) => !word.startsWith("-"));
  const program = programOf(command);
  if (program !== "systemctl" && program !== "service" && program !== "supervisorctl") return undefined;
  const [verb = "", ...units] = program === "service" ? [plain[1] ?? "", plain[0] ?? ""] : plain;
  return { verb, units, databases: units.filter((unit) => databaseUnits.test(unit)) };
}

/** The SQL a client is given: `-e`, `-c`, a here-document or here-string, or an `echo` piped into it. */
export function sqlOf(command: ShellCommand, previous: ShellCommand | undefined): string {
  if (!isSqlClient(command)) return "";
  const inline = command.words.flatMap((word, index) => {
    if (["-e", "--execute", "-c", "--command"].includes(command.words[index - 1] ?? "")) return [word];
    const joined = /^(?:--execute=|--command=|-e)(.+)$/s.exec(word)?.[1];
    return joined === undefined ? [] : [joined];
  });
  const documents = command.redirects.filter(({ operator }) => operator.startsWith("<<")).map(({ target }) => unquote(target));
  const piped =
    command.before === "|" && ["echo", "printf"].includes(programName(previous?.words[0] ?? "")) ? (previous?.words.slice(1) ?? []) : [];
  return [...inline, ...documents, ...piped].join("\n");
}

export function isSqlClient(command: ShellCommand): boolean {
  return /^(mysql|mariadb|psql|sqlite3)$/.test(programOf(command));
}

export function isRedisClient(command: ShellCommand): boolean {
  return /^(redis|valkey|keydb)-cli$/.test(programOf(command));
}
