import { message, say, type Language } from "../kernel/message.ts";
import { optionsOf } from "./arguments.ts";
import type { Command } from "./command.ts";
import type { CommandEntry } from "./command-entry.ts";

/** The help of one command, ready to print. */
export function describeCommand(name: string, entry: CommandEntry, command: Command, language: Language): string {
  const options = Object.entries(optionsOf(command, entry.isChanging)).map(([key, { value, what }]) => ({
    left: value === undefined ? `--${key}` : `--${key} ${value}`,
    right: say(what, language),
  }));
  const width = Math.max(...options.map(({ left }) => left.length));
  return [
    say(entry.summary, language),
    "",
    `  ampel ${[name, ...command.words].join(" ")} [${say(message("cli.options"), language)}]`,
    ...(command.details === undefined ? [] : ["", say(command.details, language)]),
    "",
    ...options.map(({ left, right }) => `  ${left.padEnd(width)}  ${right}`),
  ].join("\n");
}

/** The first page: what to do in an emergency, then every command. */
export function describeAll(entries: Readonly<Record<string, CommandEntry>>, language: Language): string {
  const width = Math.max(...Object.keys(entries).map((name) => name.length));
  return [
    say(message("cli.tagline"), language),
    "",
    `  ${say(message("cli.in-emergency"), language)}  ./emergency-response.sh --auto-fix`,
    "",
    ...Object.entries(entries).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${say(summary, language)}`),
    "",
    say(message("cli.more-help"), language),
  ].join("\n");
}
