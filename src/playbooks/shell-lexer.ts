/** A word as written, with its quotes, and the texts of the command substitutions in it. */
export type WordToken = {
  readonly kind: "word";
  readonly raw: string;
  readonly line: number;
  readonly substitutions: readonly { readonly text: string; readonly line: number }[];
};
export type OperatorToken = { readonly kind: "operator"; readonly text: string; readonly line: number };
export type Token = WordToken | OperatorToken;

const operators = [
  "<<<",
  "<<-",
  "&>>",
  "&&",
  "||",
  ";;",
  "|&",
  "<<",
  ">>",
  "<&",
  ">&",
  "&>",
  "<(",
  ">(",
  "\n",
  ";",
  "|",
  "&",
  "<",
  ">",
  "(",
  ")",
];

/**
 * Splits a shell text into words and operators, lines counted from `firstLine`. Here-documents become one word
 * after their `<<`. Any text is accepted: an open quote ends with the text. It reads, it never expands.
 */
export function readTokens(script: string, firstLine = 1): Token[] {
  const tokens: Token[] = [];
  const awaited: { delimiter: string; index: number }[] = [];
  let at = 0;
  let line = firstLine;

  while (at < script.length) {
    const char = script[at] ?? "";
    if (char === " " || char === "\t" || char === "\r") at += 1;
    else if (char === "\\" && script[at + 1] === "\n") {
      at += 2;
      line += 1;
    } else if (char === "#") {
      while (at < script.length && script[at] !== "\n") at += 1;
    } else {
      const operator = operators.find((candidate) => script.startsWith(candidate, at));
      if (operator === undefined) {
        const word = readWord(script, at, line);
        const previous = tokens.at(-1);
        if (previous?.kind === "operator" && (previous.text === "<<" || previous.text === "<<-")) {
          awaited.push({ delimiter: word.token.raw.replaceAll(/["'\\]/g, ""), index: tokens.length });
        }
        tokens.push(word.token);
        at = word.end;
        line = word.line;
        continue;
      }
      tokens.push({ kind: "operator", text: operator, line });
      at += operator.length;
      if (operator !== "\n") continue;
      line += 1;
      for (const { delimiter, index } of awaited.splice(0)) {
        const document = readHereDocument(script, at, delimiter);
        tokens[index] = { kind: "word", raw: document.body, line, substitutions: [] };
        line += document.lines;
        at = document.end;
      }
    }
  }
  return tokens;
}

function readHereDocument(script: string, start: number, delimiter: string): { body: string; end: number; lines: number } {
  let at = start;
  let lines = 0;
  while (at < script.length) {
    const newline = script.indexOf("\n", at);
    const end = newline < 0 ? script.length : newline;
    const next = newline < 0 ? end : end + 1;
    if (newline >= 0) lines += 1;
    if (script.slice(at, end).trim() === delimiter) return { body: script.slice(start, Math.max(start, at - 1)), end: next, lines };
    at = next;
  }
  return { body: script.slice(start), end: script.length, lines };
}

function readWord(script: string, start: number, startLine: number): { token: WordToken; end: number; line: number } {
  const substitutions: { text: string; line: number }[] = [];
  let at = start;
  let line = startLine;
  const move = (to: number): void => {
    for (; at < to; at += 1) if (script[at] === "\n") line += 1;
  };
  const substitute = (open: number): void => {
    const isTick = script[at] === "`";
    const end = isTick ? findTick(script, at + 1) : findClosing(script, at + open);
    const text = script.slice(at + open, end);
    // `$((1 + 2))` is arithmetic, no command.
    if (!text.startsWith("(")) substitutions.push({ text, line });
    move(Math.min(script.length, end + 1));
  };

  while (at < script.length) {
    const char = script[at] ?? "";
    if (char === "\\") move(Math.min(script.length, at + 2));
    else if (char === "'") move(after(script, "'", at + 1));
    else if (char === '"') {
      move(at + 1);
      while (at < script.length && script[at] !== '"') {
        if (script[at] === "\\") move(Math.min(script.length, at + 2));
        else if (script.startsWith("$(", at)) substitute(2);
        else if (script[at] === "`") substitute(1);
        else move(at + 1);
      }
      move(Math.min(script.length, at + 1));
    } else if (script.startsWith("$(", at)) substitute(2);
    else if (char === "`") substitute(1);
    else if (script.startsWith("${", at)) move(after(script, "}", at + 2));
    else if (/[\s;|&<>()]/.test(char)) break;
    else move(at + 1);
  }
  return { token: { kind: "word", raw: script.slice(start, at), line: startLine, substitutions }, end: at, line };
}

function after(script: string, needle: string, from: number): number {
  const found = script.indexOf(needle, from);
  return found < 0 ? script.length : found + needle.length;
}

function findTick(script: string, from: number): number {
  for (let at = from; at < script.length; at += 1) {
    if (script[at] === "\\") at += 1;
    else if (script[at] === "`") return at;
  }
  return script.length;
}

/** Index of the `)` that closes a substitution, quotes and inner parentheses respected. */
function findClosing(script: string, from: number): number {
  let depth = 1;
  for (let at = from; at < script.length; at += 1) {
    const char = script[at];
    if (char === "\\") at += 1;
    else if (char === "'") at = after(script, "'", at + 1) - 1;
    else if (char === '"') {
      for (at += 1; at < script.length && script[at] !== '"'; at += 1) if (script[at] === "\\") at += 1;
    } else if (char === "(") depth += 1;
    else if (char === ")") depth -= 1;
    if (depth === 0) return at;
  }
  return script.length;
}
