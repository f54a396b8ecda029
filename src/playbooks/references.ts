import { expand, withoutParameters } from "./parameters.ts";
import { blocksOf, hostWords, sectionNeed, type Block, type Playbook } from "./playbook.ts";
import { listCommands, listFunctions, programName, sshParts, unquote, type ShellCommand } from "./shell.ts";

export const referenceKinds = ["command", "ampel", "file", "unit", "host", "contact", "url", "playbook"] as const;
export type ReferenceKind = (typeof referenceKinds)[number];

/** Something a playbook names and that must be there when it is needed. */
export type Reference = {
  readonly kind: ReferenceKind;
  /** Program, command of ours, path, unit, host, contact, host name of an address, or playbook id. */
  readonly name: string;
  readonly path: string;
  readonly line: number;
  /** Where it must be: a host's name, `subject` for every host a subject may stand on, or `local`. */
  readonly host: string;
};

const builtins = new Set([
  ...[
    "",
    ".",
    ":",
    "[",
    "[[",
    "alias",
    "bg",
    "break",
    "builtin",
    "cd",
    "command",
    "continue",
    "declare",
    "dirs",
    "echo",
    "eval",
    "exec",
    "exit",
    "export",
    "false",
    "fg",
  ],
  ...[
    "getopts",
    "hash",
    "jobs",
    "kill",
    "let",
    "local",
    "mapfile",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "shift",
    "shopt",
  ],
  ...["source", "test", "times", "trap", "true", "type", "typeset", "ulimit", "umask", "unalias", "unset", "wait"],
]);
const wrapperPrograms = new Set(["doas", "env", "ionice", "nice", "nohup", "runuser", "setsid", "stdbuf", "sudo", "timeout", "xargs"]);
/** Files that come and go, or that the step itself makes. */
const fleeting = /^\/(dev|proc|sys|tmp|var\/tmp|run)(\/|$)/;
const makers = new Set(["mkdir", "touch", "mktemp", "tee", "install"]);

/** Everything a playbook refers to, once per place and host. What only a run can know (a value, a glob) is left out. */
export function listReferences(playbook: Playbook): Reference[] {
  const found = new Map<string, Reference>();
  const add = (kind: ReferenceKind, name: string, line: number, host: string): void => {
    const key = `${kind} ${name} ${host}`;
    if (name !== "" && !found.has(key)) found.set(key, { kind, name, path: playbook.path, line, host });
  };
  for (const need of playbook.needs) {
    // A section decides whether the playbook is for this system at all; it is nothing to look up.
    if (need.startsWith(sectionNeed)) continue;
    const colon = need.indexOf(":");
    const kind = need.slice(0, colon) as ReferenceKind;
    const value = need.slice(colon + 1);
    add(kind, kind === "url" ? hostOf(value) : value, 1, hostWords.subject);
  }
  if (playbook.returnPlaybook !== undefined) add("playbook", playbook.returnPlaybook, 1, hostWords.local);
  for (const step of playbook.steps) {
    if (step.host !== hostWords.subject && step.host !== hostWords.local) add("host", step.host, step.do.line, hostWords.local);
    for (const block of blocksOf(step)) listOfBlock(block, step.host, add);
  }
  for (const note of playbook.notes) listOfBlock(note, note.attributes["host"] ?? hostWords.local, add);
  return [...found.values()];
}

type Add = (kind: ReferenceKind, name: string, line: number, host: string) => void;

function listOfBlock(block: Block, host: string, add: Add): void {
  const env = Object.fromEntries(block.parameters.map(({ name, preset }) => [name, expand(preset, {}) ?? ""]));
  const functions = new Set(listFunctions(block.body));
  for (const command of listCommands(withoutParameters(block), block.line + 1)) {
    const words = command.words.map((word) => fill(word, env));
    const [program = ""] = words;
    for (const wrapper of command.wrappers) if (wrapperPrograms.has(wrapper)) add("command", wrapper, command.line, host);
    if (program === "ampel") {
      add("ampel", words[1] ?? "", command.line, hostWords.local);
      continue;
    }
    if (program.startsWith("/")) add("file", program, command.line, host);
    else if (!builtins.has(program) && !functions.has(program) && /^[\w.+-]+$/.test(program)) add("command", program, command.line, host);
    listOfWords(command, words, block, host, add);
  }
}

/** The word with its values, or as written when one of them is known at run time only. */
function fill(word: string, env: Readonly<Record<string, string>>): string {
  const names = [...word.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map((match) => match[1] ?? "");
  return names.every((name) => (env[name] ?? "") !== "") ? (expand(word, env) ?? word) : word;
}

function listOfWords(command: ShellCommand, words: readonly string[], block: Block, host: string, add: Add): void {
  const program = programName(words[0] ?? "");
  const isFile = (word: string): boolean => /^\/[\w./@+-]+$/.test(word) && !fleeting.test(word);
  // An undo may speak of what its step has yet to make.
  if (!makers.has(program) && block.role !== "undo") {
    for (const word of words.slice(1)) if (isFile(word)) add("file", word, command.line, host);
    for (const { operator, target } of command.redirects) {
      if (operator === "<" && isFile(unquote(target))) add("file", unquote(target), command.line, host);
    }
  }
  for (const unit of unitsOf(program, words)) if (/^[\w@.:-]+$/.test(unit)) add("unit", unit, command.line, host);
  if (program === "ssh") {
    const target = sshParts(words).target?.replace(/^.*@/, "") ?? "";
    if (/^[\w.-]+$/.test(target)) add("host", target, command.line, hostWords.local);
  }
  for (const url of words.flatMap((word) => word.match(/https?:\/\/[^\s"'|)]+/g) ?? [])) {
    const name = hostOf(url);
    const isHere = words.includes("--resolve") || words.includes("--connect-to") || /^(localhost|127\..*|\[::1\])$/.test(name);
    if (!isHere) add("url", name, command.line, host);
  }
}

function unitsOf(program: string, words: readonly string[]): string[] {
  const plain = words.slice(1).filter((word) => !word.startsWith("-"));
  if (program === "service") return plain.slice(0, 1);
  if (program === "systemctl") return plain.slice(1);
  if (program !== "journalctl") return [];
  return words.flatMap((word, index) =>
    word === "-u" || word === "--unit" ? [words[index + 1] ?? ""] : (/^--unit=(.+)$/.exec(word)?.slice(1) ?? []),
  );
}

function hostOf(url: string): string {
  const name = /^https?:\/\/(?:[^/@\s]*@)?(\[[^\]]+\]|[^/:?#\s]+)/.exec(url)?.[1] ?? "";
  return name.includes("$") ? "" : name;
}

/** What is known without looking at a host. A list that is not given cannot be checked. */
export type KnownNames = {
  readonly commands?: readonly string[];
  readonly hosts?: readonly string[];
  readonly contacts?: readonly string[];
  readonly playbooks: readonly string[];
};

/** Splits references into those that lead nowhere, those to look up on a host, and those nobody can judge. Pure. */
export function sortReferences(
  references: readonly Reference[],
  known: KnownNames,
): { broken: Reference[]; remote: Reference[]; unchecked: Reference[] } {
  const names = { ampel: known.commands, host: known.hosts, contact: known.contacts, playbook: known.playbooks } as const;
  const broken: Reference[] = [];
  const remote: Reference[] = [];
  const unchecked: Reference[] = [];
  for (const reference of references) {
    if (reference.kind === "command" || reference.kind === "file" || reference.kind === "unit" || reference.kind === "url") {
      remote.push(reference);
      continue;
    }
    const list = names[reference.kind];
    if (list === undefined) unchecked.push(reference);
    else if (!list.includes(reference.name)) broken.push(reference);
  }
  return { broken, remote, unchecked };
}

/** Reads `kind<TAB>name` lines, prints those that are missing, and `end` when it came through all of them. */
export const lookupScript = `
while IFS=$'\\t' read -r kind name; do
  case "$kind" in
    command) type -t -- "$name" >/dev/null ;;
    file) test -e "$name" ;;
    unit) systemctl cat -- "$name" >/dev/null 2>&1 ;;
    url) getent ahosts "$name" >/dev/null ;;
    *) false ;;
  esac || printf '%s\\t%s\\n' "$kind" "$name"
done
echo end
`;
