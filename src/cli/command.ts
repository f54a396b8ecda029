import type { App } from "../app.ts";
import type { Message } from "../kernel/message.ts";
import type { Line } from "./line.ts";
import type { Screen } from "./screen.ts";

export type Option = {
  /** Placeholder of the value, `NAME`; an option without one is a flag. */
  readonly value?: string;
  readonly what: Message;
};

/** One command, as data: help, the reference page and the parser are made from it. */
export type Command = {
  /** Words after the name, `NAME` required, `[NAME]` optional, `NAME…` one or more. */
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  /** False for what must work without one: it is then not even looked for. Default true: found and checked, if there is one. */
  readonly needsConfig?: boolean;
  /** Longer help: what it does, what it never does. */
  readonly details?: Message;
  run(call: Call): Promise<Outcome>;
};

export type Call = {
  readonly words: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly isDryRun: boolean;
  readonly app: App;
  readonly screen: Screen;
  readonly signal: AbortSignal;
};

/** What a command found and did: a document for `--json`, lines for a person. */
export type Outcome = {
  readonly exitCode: number;
  readonly document: unknown;
  readonly lines: readonly Line[];
};

export function done(document: unknown, lines: readonly Line[], exitCode = 0): Outcome {
  return { exitCode, document, lines };
}
