import type { Block, Parameter } from "./playbook.ts";
import { listCommands } from "./shell.ts";

const exportLine = /^export\s+([A-Za-z_]\w*)=(?:"([^"]*)"|'([^']*)'|([^\s"']*))\s*$/;

/** Parameters at the top of a block: the leading `export NAME="default"` lines; blank lines and comments may stand between. */
export function readParameters(body: string, firstLine: number): Parameter[] {
  const parameters: Parameter[] = [];
  for (const [index, line] of body.split("\n").entries()) {
    if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
    const [isExport, name = "", double, single, bare] = exportLine.exec(line) ?? [];
    if (isExport === undefined) break;
    parameters.push({ name, preset: double ?? single ?? bare ?? "", line: firstLine + index });
  }
  return parameters;
}

/** The block's text without its parameter lines: their values come by environment instead. Line count is kept. */
export function withoutParameters(block: Block): string {
  const bound = new Set(block.parameters.map((parameter) => parameter.line - block.line - 1));
  return block.body
    .split("\n")
    .map((line, index) => (bound.has(index) ? "" : line))
    .join("\n");
}

/**
 * Replaces `$NAME`, `${NAME}`, `${NAME:-text}` and `${NAME:?text}` from `env`.
 * `undefined` for what only a shell can expand (`$(…)`, arithmetic, other `${…}` forms).
 */
export function expand(text: string, env: Readonly<Record<string, string>>): string | undefined {
  let isPlain = !text.includes("`");
  const expanded = text.replaceAll(
    /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?[-?]([^}]*))?\}|(.)|$)/g,
    (whole, bare?: string, braced?: string, otherwise?: string, foreign?: string) => {
      const name = bare ?? braced;
      if (name === undefined) {
        if (foreign !== undefined && /[\w({@*#?!$-]/.test(foreign)) isPlain = false;
        return whole;
      }
      const value = Object.hasOwn(env, name) ? (env[name] ?? "") : "";
      if (value !== "" || otherwise === undefined) return value;
      if (/\?/.test(whole.slice(2 + name.length, 4 + name.length))) return "";
      if (otherwise.includes("$")) isPlain = false;
      return otherwise;
    },
  );
  return isPlain ? expanded : undefined;
}

/** The words of one simple command line, expanded as the shell would; `undefined` when it needs a shell. */
function expandWord(raw: string, env: Readonly<Record<string, string>>): string | undefined {
  let word = "";
  for (const [part, single, double, escaped] of raw.matchAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\([\s\S])|[^'"\\]+/g)) {
    if (single !== undefined) word += single;
    else if (escaped !== undefined) word += escaped;
    else {
      if (double?.includes("\\")) return undefined;
      // An unquoted value would be split into words by a shell; we do not guess.
      if (double === undefined && (/[*?[\]{}~]/.test(part) || part.includes("$"))) return undefined;
      const expanded = expand(double ?? part, env);
      if (expanded === undefined) return undefined;
      word += expanded;
    }
  }
  return word;
}

export type InProcessLine = { readonly line: number; readonly words: readonly string[] };

/**
 * The lines of a block that consists of `ampel …` lines only, as words without `ampel`; lines count in the document.
 * `undefined` when the block needs a shell.
 */
export function readInProcess(block: Block, env: Readonly<Record<string, string>>): InProcessLine[] | undefined {
  const commands = listCommands(withoutParameters(block), block.line + 1);
  if (commands.length === 0) return undefined;
  const lines: InProcessLine[] = [];
  for (const command of commands) {
    const isPlain = command.redirects.length === 0 && command.wrappers.length === 0 && command.assignments.length === 0;
    const isAlone = [command.before, command.after].every((operator) => operator === "" || operator === ";");
    if (command.raw[0] !== "ampel" || !isPlain || !isAlone || command.isInner || command.depth > 0) return undefined;
    const words = command.raw.slice(1).map((raw) => expandWord(raw, env));
    if (!words.every((word) => word !== undefined)) return undefined;
    lines.push({ line: command.line, words });
  }
  return lines;
}

/** True for a block that needs no shell: every line begins with `ampel `. */
export function isInProcess(block: Block): boolean {
  return readInProcess(block, {}) !== undefined;
}
