import { readTokens, type Token, type WordToken } from "./shell-lexer.ts";

export type ShellCommand = {
  /** The words without quotes; what the shell would expand (`$NAME`, `$(…)`) stays as written. */
  readonly words: readonly string[];
  /** The same words as written. */
  readonly raw: readonly string[];
  readonly line: number;
  /** The operator before and after, `""` at the ends and for a new line. */
  readonly before: string;
  readonly after: string;
  readonly redirects: readonly { readonly operator: string; readonly target: string }[];
  /** `sudo`, `timeout`, `if`, `!` and the like that stood in front and were taken off. */
  readonly wrappers: readonly string[];
  readonly assignments: readonly string[];
  /** Number of `( … )` around it. */
  readonly depth: number;
  /** Inside `$(…)`, backticks, or the text given to another shell. */
  readonly isInner: boolean;
};

const keywords = new Set(["if", "then", "else", "elif", "while", "until", "do", "!", "{", "}", "fi", "done", "esac", "time"]);
const separators = new Set(["\n", ";", ";;", "&", "&&", "||", "|", "|&"]);
const redirections = new Set(["<", ">", ">>", "<<", "<<-", "<<<", "&>", "&>>", ">&", "<&"]);
/** Wrappers with their options that take a word of their own. */
const wrappers: Readonly<Record<string, readonly string[]>> = {
  builtin: [],
  command: [],
  doas: ["-u"],
  env: ["-u", "-C", "-S"],
  exec: ["-a"],
  ionice: ["-c", "-n", "-p"],
  nice: ["-n"],
  nohup: [],
  runuser: ["-u"],
  setsid: [],
  stdbuf: ["-i", "-o", "-e"],
  sudo: ["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T"],
  time: ["-o", "-f"],
  timeout: ["-k", "-s"],
  xargs: ["-n", "-I", "-P", "-d", "-L", "-a", "-E", "-s"],
};

/**
 * The simple commands of a shell text, in order, those inside `$(…)`, `bash -c` and `ssh host …` too.
 * Any text is accepted; what cannot be understood is left out rather than guessed.
 */
export function listCommands(script: string, firstLine = 1): ShellCommand[] {
  return collect(readTokens(script, firstLine), 0, false, 0);
}

/** Names of the functions a text defines. */
export function listFunctions(script: string): string[] {
  return [...script.matchAll(/^\s*(?:function\s+)?([\w-]+)\s*\(\)/gm)].map((match) => match[1] ?? "");
}

const maxNesting = 8;

function collect(tokens: readonly Token[], depthAround: number, isInner: boolean, nesting: number): ShellCommand[] {
  const found: ShellCommand[] = [];
  let words: WordToken[] = [];
  let redirects: { operator: string; target: string }[] = [];
  let inner: ShellCommand[] = [];
  let depth = depthAround;
  let before = "";
  let casePart: "none" | "head" | "pattern" | "body" = "none";

  const dive = (text: string, line: number): void => {
    if (nesting < maxNesting) inner.push(...collect(readTokens(text, line), depth, true, nesting + 1));
  };
  const flush = (after: string): void => {
    const command = simplify(words, { before, after, redirects, depth, isInner }, dive);
    if (command !== undefined) found.push(command);
    found.push(...inner);
    words = [];
    redirects = [];
    inner = [];
    before = after;
  };

  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token === undefined) break;
    if (token.kind === "word") {
      if (words.length === 0 && token.raw === "case") casePart = "head";
      if (casePart === "head" && token.raw === "in") {
        casePart = "pattern";
        words = [];
        continue;
      }
      if (casePart !== "none" && words.length === 0 && token.raw === "esac") casePart = "none";
      for (const { text, line } of token.substitutions) dive(text, line);
      words.push(token);
    } else if (token.text === ")" && casePart === "pattern") {
      casePart = "body";
      words = [];
    } else if (separators.has(token.text)) {
      if (casePart === "pattern") {
        words = [];
        continue;
      }
      flush(token.text === "\n" ? "" : token.text);
      if (token.text === ";;" && casePart === "body") casePart = "pattern";
    } else if (redirections.has(token.text)) {
      const target = tokens[index + 1];
      if (/^\d$/.test(words.at(-1)?.raw ?? "") && words.length > 1) words.pop(); // the 2 of `2>`
      if (target?.kind !== "word") {
        redirects.push({ operator: token.text, target: "" });
        continue;
      }
      for (const { text, line } of target.substitutions) dive(text, line);
      redirects.push({ operator: token.text, target: target.raw });
      index += 1;
    } else if (token.text === ")") {
      const next = tokens[index + 1];
      flush(next?.kind === "operator" && separators.has(next.text) && next.text !== "\n" ? next.text : "");
      depth = Math.max(depthAround, depth - 1);
    } else {
      // `name()` is a definition, anything else before a bracket is not a command we know.
      const next = tokens[index + 1];
      if (words.length === 1 && next?.kind === "operator" && next.text === ")") {
        words = [];
        index += 1;
        continue;
      }
      if (words.length > 0) flush("");
      depth += 1;
    }
  }
  flush("");
  return found;
}

function simplify(
  tokens: readonly WordToken[],
  around: Pick<ShellCommand, "before" | "after" | "redirects" | "depth" | "isInner">,
  dive: (text: string, line: number) => void,
): ShellCommand | undefined {
  let rest = tokens;
  const taken: string[] = [];
  const assignments: string[] = [];
  for (;;) {
    const [first] = rest;
    if (first === undefined) break;
    const name = programName(unquote(first.raw));
    if (keywords.has(first.raw)) {
      taken.push(first.raw);
      rest = rest.slice(1);
    } else if (/^[A-Za-z_]\w*\+?=/.test(first.raw)) {
      assignments.push(first.raw);
      rest = rest.slice(1);
    } else if (Object.hasOwn(wrappers, name) && rest.length > 1) {
      taken.push(name);
      rest = skipOptions(rest.slice(1), wrappers[name] ?? []);
      if (name === "timeout") rest = rest.slice(1);
    } else break;
  }
  const [first] = rest;
  if (first === undefined) {
    if (assignments.length === 0 && around.redirects.length === 0) return undefined;
    return { ...around, words: [], raw: [], line: tokens[0]?.line ?? 1, wrappers: taken, assignments };
  }
  if (first.raw === "for" || first.raw === "function" || first.raw === "case" || first.raw === "select") return undefined;
  const words = rest.map((word) => unquote(word.raw));
  const name = programName(words[0] ?? "");
  const text = textForAnotherShell(name, words);
  if (text !== undefined) dive(text, first.line);
  return { ...around, words, raw: rest.map((word) => word.raw), line: first.line, wrappers: taken, assignments };
}

function skipOptions(words: readonly WordToken[], withValue: readonly string[]): readonly WordToken[] {
  let index = 0;
  while (index < words.length && (words[index]?.raw.startsWith("-") ?? false)) {
    index += withValue.includes(words[index]?.raw ?? "") ? 2 : 1;
  }
  return words.slice(index);
}

function textForAnotherShell(name: string, words: readonly string[]): string | undefined {
  if (name === "eval") return words.slice(1).join(" ");
  if (name === "ssh") return sshParts(words).command.join(" ") || undefined;
  if (!["bash", "sh", "zsh", "dash", "su"].includes(name)) return undefined;
  const flag = words.findIndex((word) => /^-[a-z]*c$/.test(word));
  return flag < 0 ? undefined : words[flag + 1];
}

/** Target and remote command of an ssh line. */
export function sshParts(words: readonly string[]): { target: string | undefined; command: readonly string[] } {
  let index = 1;
  while (words[index]?.startsWith("-")) index += /^-[bcDEeFIiJLlmOopQRSWw]$/.test(words[index] ?? "") ? 2 : 1;
  return { target: words[index], command: words.slice(index + 1) };
}

/** `/usr/bin/php8.3` → `php8.3`. */
export function programName(word: string): string {
  return word.slice(word.lastIndexOf("/") + 1);
}

/** A word without its quotes; `$` and backslash-escaped letters stay. */
export function unquote(raw: string): string {
  return raw.replaceAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs,
    (_, single: string | undefined, double: string | undefined, escaped: string | undefined) => {
      if (single !== undefined) return single;
      if (double !== undefined) return double.replaceAll(/\\(["\\$`])/g, "$1");
      return escaped ?? "";
    },
  );
}
