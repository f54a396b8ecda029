import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";
import { say, type Language } from "../kernel/message.ts";
import type { Line } from "./line.ts";

export type Tone = "good" | "bad" | "warn" | "dim" | "strong" | "plain";

/** Where a command speaks to a person. The only place that prints. */
export type Screen = {
  readonly language: Language;
  /** A person sits there and can answer. */
  readonly isInteractive: boolean;
  readonly columns: number;
  /** Progress while the command works; with `--json` it goes to stderr, so that stdout stays one document. */
  tell(line: Line, tone?: Tone): void;
  /** Redraws its last text in place on a terminal; silent elsewhere. */
  draw(lines: readonly Line[]): void;
  style(text: string, tone: Tone): string;
  /** An error, to stderr. */
  complain(line: Line): void;
  /** A person's answer, or `undefined` when nobody can be asked. */
  ask(question: Line): Promise<string | undefined>;
};

const styles = { good: "green", bad: "red", warn: "yellow", dim: "dim", strong: "bold", plain: "reset" } as const;

export type ScreenOptions = {
  readonly language: Language;
  readonly isJson: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** Loads the wrapping of lines only for a terminal: piped, a line is a line, and a status must not wait for it. */
export async function openScreen({ language, isJson, env }: ScreenOptions): Promise<Screen> {
  const stream = isJson ? process.stderr : process.stdout;
  const isTerminal = stream.isTTY === true && env["TERM"] !== "dumb";
  const hasColor = isTerminal && (env["NO_COLOR"] ?? "") === "" && !isJson;
  const columns = Math.max(20, Number(env["COLUMNS"] || stream.columns || 80));
  const wrapLine = isTerminal || env["COLUMNS"] !== undefined ? (await import("./wrap.ts")).wrapLine : (text: string): string => text;
  const render = (line: Line): string => (typeof line === "string" ? line : say(line, language));
  const style = (text: string, tone: Tone): string =>
    hasColor && tone !== "plain" ? styleText(styles[tone], text, { validateStream: false }) : text;
  let drawnRows = 0;
  return {
    language,
    isInteractive: process.stdin.isTTY === true && process.stdout.isTTY === true && !isJson,
    columns,
    style,
    tell: (line, tone = "plain") => {
      drawnRows = 0;
      stream.write(`${wrapLine(style(render(line), tone), columns)}\n`);
    },
    complain: (line) => void process.stderr.write(`${wrapLine(render(line), columns)}\n`),
    draw: (lines) => {
      if (!isTerminal || isJson) return;
      const text = lines.map((line) => wrapLine(render(line), columns)).join("\n");
      // Up over what stood there before, then clear to the end of the screen.
      stream.write(`${drawnRows > 0 ? `\u001B[${drawnRows}A` : ""}\r\u001B[J${text}\n`);
      drawnRows = text.split("\n").length;
    },
    ask: async (question) => {
      if (isJson || process.stdin.isTTY !== true) return undefined;
      const prompt = createInterface({ input: process.stdin, output: process.stdout });
      try {
        return (await prompt.question(`${wrapLine(render(question), columns)} `)).trim();
      } finally {
        prompt.close();
      }
    },
  };
}

/** A screen that keeps what is told, for commands that a playbook calls. */
export function openSilentScreen(language: Language): Screen & { text(): string } {
  const told: string[] = [];
  return {
    language,
    isInteractive: false,
    columns: 100,
    style: (text) => text,
    tell: (line) => void told.push(typeof line === "string" ? line : say(line, language)),
    complain: (line) => void told.push(typeof line === "string" ? line : say(line, language)),
    draw: () => {},
    ask: async () => undefined,
    text: () => told.join("\n"),
  };
}
