import { describeCommand } from "../../src/cli/help.ts";
import { commandTable } from "../../src/cli/table.ts";
import { say } from "../../src/kernel/message.ts";

const headings = {
  de: ["# Befehle", "Jeder Befehl nimmt `--help` und `--json`; jeder, der etwas ändert, auch `--dry-run`."],
  en: ["# Commands", "Every command takes `--help` and `--json`; every one that changes something `--dry-run` too."],
};

/** What `ampel COMMAND --help` says, for every command, in both languages. */
export async function describeCommands() {
  const commands = await Promise.all(
    Object.entries(commandTable).map(async ([name, entry]) => ({ name, entry, command: await entry.load() })),
  );
  const page = (language) => [
    ...headings[language].flatMap((line) => [line, ""]),
    ...commands.map(({ name, entry }) => `- [\`${name}\`](#${name.replaceAll(/[^a-z0-9-]/g, "")}) ${say(entry.summary, language)}`),
    ...commands.flatMap(({ name, entry, command }) => [
      "",
      `## ${name}`,
      "",
      "```text",
      describeCommand(name, entry, command, language),
      "```",
    ]),
  ];
  return { "commands.md": page("en"), "commands.de.md": page("de") };
}
