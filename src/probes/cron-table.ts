/** A line of a crontab that starts something. */
export type CronEntry = {
  readonly file: string;
  readonly line: number;
  readonly user?: string;
  readonly command: string;
  readonly path: string;
};
export type CronFault = { readonly file: string; readonly line: number; readonly fault: "schedule" | "command-missing" };

const times =
  "(?:@(?:reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)|(?:[\\d*,/~-]+|[A-Za-z]{3}(?:[-,][A-Za-z]{3})*)(?:\\s+(?:[\\d*,/~-]+|[A-Za-z]{3}(?:[-,][A-Za-z]{3})*)){4})";
const systemLine = new RegExp(`^\\s*-?(${times})\\s+(\\S+)\\s+(\\S.*)$`);
const userLine = new RegExp(`^\\s*-?(${times})\\s+(\\S.*)$`);

/**
 * The entries of a crontab (crontab(5)). `hasUser` is true for /etc/crontab and /etc/cron.d, where each line names its user.
 * PATH is `/usr/bin:/bin` until the file sets it.
 */
export function parseCrontab(file: string, text: string, hasUser: boolean): { entries: CronEntry[]; faults: CronFault[] } {
  const entries: CronEntry[] = [];
  const faults: CronFault[] = [];
  let path = "/usr/bin:/bin";
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const setting = /^([A-Za-z_]\w*)\s*=\s*["']?(.*?)["']?$/.exec(line);
    if (setting !== null) {
      if (setting[1] === "PATH") path = setting[2] ?? path;
      continue;
    }
    const at = { file, line: index + 1 };
    const match = (hasUser ? systemLine : userLine).exec(line);
    const command = hasUser ? match?.[3] : match?.[2];
    if (command === undefined) {
      faults.push({ ...at, fault: hasUser && userLine.test(line) ? "command-missing" : "schedule" });
      continue;
    }
    // An unescaped % ends the command; what follows is its input (crontab(5)).
    const [shell = ""] = command.split(/(?<!\\)%/);
    entries.push({
      ...at,
      ...(hasUser && match?.[2] !== undefined ? { user: match[2] } : {}),
      command: shell.replaceAll("\\%", "%"),
      path,
    });
  }
  return { entries, faults };
}

/** What a command needs: a program (executable), a script (readable), a folder to be in or to run the parts of. */
export type CronTarget = { readonly kind: "program" | "script" | "folder"; readonly name: string };

const wrappers: Readonly<Record<string, ReadonlySet<string>>> = {
  // The options of each that take a word of their own.
  sudo: new Set(["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T"]),
  nice: new Set(["-n"]),
  ionice: new Set(["-c", "-n", "-p", "-t"]),
  env: new Set(["-u", "-C", "-S"]),
  setsid: new Set(),
  nohup: new Set(),
  exec: new Set(),
  time: new Set(),
  chronic: new Set(),
  timeout: new Set(["-k", "-s"]),
  flock: new Set(["-w", "-E"]),
  command: new Set(),
};
/** Wrappers with words of their own before the command. */
const ownWords: Readonly<Record<string, number>> = { timeout: 1, flock: 1 };
const interpreters = /^(?:ba|da|z|k)?sh$|^(?:php|python|perl|ruby|node)[\d.]*$/;
const builtins = new Set([
  ":",
  "[",
  "[[",
  "cd",
  "echo",
  "exit",
  "export",
  "false",
  "for",
  "if",
  "printf",
  "read",
  "set",
  "sleep",
  "source",
  "test",
  "then",
  "true",
  "umask",
  "wait",
  "while",
  "do",
  "done",
  "fi",
  "else",
  "{",
  "}",
  "(",
  ")",
  ".",
]);

/**
 * The programs, scripts and folders a cron command stands on. What the command itself tests for first (`test -x F`, `[ -e F ]`,
 * `command -v F`) may be absent, and what only the shell can know (variables, substitutions) is left out.
 */
export function listTargets(command: string): CronTarget[] {
  const guarded = new Set(
    [...command.matchAll(/(?:\btest|\[)\s+!?\s*-[a-z]\s+["']?([^\s"'\]]+)|\b(?:command -v|which|type)\s+["']?([^\s"';&|>]+)/g)].map(
      (match) => match[1] ?? match[2] ?? "",
    ),
  );
  const targets: CronTarget[] = [];
  let folder: string | undefined;
  for (const part of splitCommands(command)) {
    const words = splitWords(part);
    while (words[0] !== undefined && (/^[A-Za-z_]\w*=/.test(words[0]) || /^[({!]$/.test(words[0]))) words.shift();
    const first = words[0]?.replace(/^\(/, "");
    if (first === undefined || first === "") continue;
    if (first === "cd") {
      const wanted = words[1] ?? "";
      if (isPlain(wanted) && wanted.startsWith("/")) {
        folder = wanted;
        if (!guarded.has(wanted)) targets.push({ kind: "folder", name: wanted });
      } else folder = undefined;
      continue;
    }
    for (const target of targetsOf([first, ...words.slice(1)], folder)) {
      if (!guarded.has(target.name) && !guarded.has(baseName(target.name))) targets.push(target);
    }
  }
  return targets;
}

function targetsOf(words: readonly string[], folder: string | undefined): CronTarget[] {
  const [first = "", ...rest] = words;
  if (!isPlain(first) || builtins.has(first)) return [];
  const program: CronTarget[] = [{ kind: "program", name: absolute(first, folder) }];
  const name = baseName(first);
  const withWord = wrappers[name];
  if (withWord !== undefined) {
    let index = 0;
    let own = ownWords[name] ?? 0;
    while (index < rest.length) {
      const word = rest[index] ?? "";
      if (name === "flock" && word === "-c") return [...program, ...listTargets(rest[index + 1] ?? "")];
      if (word.startsWith("-")) index += withWord.has(word) ? 2 : 1;
      else if (/^[A-Za-z_]\w*=/.test(word)) index += 1;
      else if (own > 0) {
        own -= 1;
        index += 1;
      } else break;
    }
    return [...(builtins.has(first) || first === "exec" || first === "command" ? [] : program), ...targetsOf(rest.slice(index), folder)];
  }
  if (name === "run-parts") {
    const parts = rest.find((word) => word.startsWith("/"));
    return parts === undefined ? program : [...program, { kind: "folder", name: parts }];
  }
  if (!interpreters.test(name)) return program;
  const inline = rest.findIndex((word) => /^-[a-z]*c$/.test(word));
  if (inline >= 0 && name.endsWith("sh")) return [...program, ...listTargets(rest[inline + 1] ?? "")];
  const script = rest.find((word) => !word.startsWith("-"));
  // `php -r`, `python -m`, `node -e`: the program is in the line itself.
  if (script === undefined || rest.some((word) => /^-(?:r|m|e|c)$/.test(word)) || !isPlain(script)) return program;
  const full = absolute(script, folder);
  return full.startsWith("/") ? [...program, { kind: "script", name: full }] : program;
}

function absolute(word: string, folder: string | undefined): string {
  if (word.startsWith("/")) return word;
  const isRelative = word.includes("/") || /\.\w+$/.test(word) || word === "artisan";
  return isRelative && folder !== undefined ? `${folder}/${word.replace(/^\.\//, "")}` : word;
}

function baseName(word: string): string {
  return word.split("/").at(-1) ?? word;
}

function isPlain(word: string): boolean {
  return word !== "" && !/[$`*?~<>]/.test(word);
}

/** The simple commands of a line: split at `&&`, `||`, `;`, `|`, `&` outside quotes. */
function splitCommands(line: string): string[] {
  const parts: string[] = [];
  let part = "";
  let quoteSign = "";
  for (let index = 0; index < line.length; index += 1) {
    const sign = line[index] ?? "";
    const isSeparator =
      quoteSign === "" && (sign === ";" || sign === "|" || (sign === "&" && line[index - 1] !== ">" && line[index + 1] !== ">"));
    if (isSeparator) {
      parts.push(part);
      part = "";
      continue;
    }
    if (quoteSign === "" && (sign === '"' || sign === "'")) quoteSign = sign;
    else if (sign === quoteSign) quoteSign = "";
    part += sign;
  }
  return [...parts, part].filter((one) => one.trim() !== "");
}

/** Words of one command, quotes taken off, redirections left out. */
function splitWords(part: string): string[] {
  const bare = part.replaceAll(/(?:^|\s)(?:\d|&)?>{1,2}\s*(?:&\d|[^\s]+)|(?:^|\s)<\s*[^\s<]+/g, " ");
  return [...bare.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:[^\s"'\\]|\\.)+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}
