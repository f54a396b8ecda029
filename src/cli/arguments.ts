import { parseArgs } from "node:util";
import { distance } from "fastest-levenshtein";
import { Failure } from "../kernel/failure.ts";
import { message, type Message } from "../kernel/message.ts";
import type { Command, Option } from "./command.ts";

/** Options that every command has. */
export const commonOptions: Readonly<Record<string, Option>> = {
  config: { value: "FILE", what: message("cli.option.config") },
  json: { what: message("cli.option.json") },
  help: { what: message("cli.option.help") },
};

export const dryRunOption: Option = { what: message("cli.option.dry-run") };

export type Arguments = {
  readonly words: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
};

/** Every option a command takes, its own first. */
export function optionsOf({ options }: Pick<Command, "options">, isChanging: boolean): Record<string, Option> {
  return { ...options, ...(isChanging ? { "dry-run": dryRunOption } : {}), ...commonOptions };
}

/**
 * Reads what stands behind a command's name. Anything unknown, missing or left over is refused:
 * at three in the morning `--dryrun` must not start the real thing.
 * @throws {Failure} usage
 */
export function readArguments(
  name: string,
  command: Pick<Command, "options" | "words">,
  isChanging: boolean,
  argv: readonly string[],
): Arguments {
  const options = optionsOf(command, isChanging);
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(options).map(([key, { value }]) => [key, { type: value === undefined ? "boolean" : "string" } as const]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const words: string[] = [];
  const flags = new Set<string>();
  const values = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const option = options[token.name];
    if (option === undefined) throw usage(name, unknownOption(token.rawName, Object.keys(options)));
    if (option.value === undefined) {
      if (token.value !== undefined) throw usage(name, message("cli.no-value", { option: token.rawName }));
      flags.add(token.name);
    } else {
      if (token.value === undefined || (token.value.startsWith("--") && !token.inlineValue)) {
        throw usage(name, message("cli.value-missing", { option: token.rawName, value: option.value }));
      }
      values.set(token.name, token.value);
    }
  }
  if (!flags.has("help")) checkWords(name, command.words, words);
  return { words, flags, values };
}

function checkWords(name: string, expected: readonly string[], given: readonly string[]): void {
  const required = expected.filter((word) => !word.startsWith("["));
  const isOpenEnded = expected.at(-1)?.includes("…") ?? false;
  const missing = required[given.length];
  if (missing !== undefined) throw usage(name, message("cli.word-missing", { word: missing.replace("…", "") }));
  const surplus = given[expected.length];
  if (surplus !== undefined && !isOpenEnded) throw usage(name, message("cli.word-surplus", { word: surplus }));
}

function unknownOption(given: string, known: readonly string[]): Message {
  const nearest = nearestOf(given.replace(/^-+/, ""), known);
  return nearest === undefined
    ? message("cli.option-unknown", { option: given })
    : message("cli.option-unknown-near", { option: given, nearest: `--${nearest}` });
}

/** The known word that was probably meant; `undefined` when nothing is close. */
export function nearestOf(given: string, known: readonly string[]): string | undefined {
  const ranked = known.map((word) => ({ word, away: distance(given, word) })).sort((left, right) => left.away - right.away);
  const [best] = ranked;
  return best !== undefined && best.away <= Math.max(2, Math.floor(given.length / 3)) ? best.word : undefined;
}

export function usage(name: string, what: Message): Failure {
  return new Failure("usage", what, message("cli.see-help", { name }));
}
