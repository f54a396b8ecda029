import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { installFolder, openApp, type App, type AppOptions } from "../app.ts";
import { exitCodes, Failure, isRefusal } from "../kernel/failure.ts";
import { message, say, type Language } from "../kernel/message.ts";
import { nearestOf, readArguments } from "./arguments.ts";
import type { Outcome } from "./command.ts";
import type { Line } from "./line.ts";
import { describeAll, describeCommand } from "./help.ts";
import { openScreen, openSilentScreen, type Screen } from "./screen.ts";
import type { CommandEntry } from "./command-entry.ts";
import { commandTable } from "./table.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Runs one command line as a person typed it; prints, and returns the exit code. */
export async function executeLine(argv: readonly string[], env: Environment, signal: AbortSignal): Promise<number> {
  const isJson = argv.includes("--json");
  const language = guessLanguage(env);
  const screen = await openScreen({ language, isJson, env });
  const [name = "", ...rest] = argv;
  try {
    if (name === "" || name === "help" || name === "--help") {
      screen.tell(describeAll(commandTable, language));
      return name === "" ? exitCodes.usage : exitCodes.allClear;
    }
    if (name === "--version") {
      screen.tell(await readVersion());
      return exitCodes.allClear;
    }
    const entry = findCommand(name);
    const command = await entry.load();
    const given = readArguments(name, command, entry.isChanging, rest);
    if (given.flags.has("help")) {
      screen.tell(describeCommand(name, entry, command, language));
      return exitCodes.allClear;
    }
    const app = openApp({ configPath: given.values.get("config"), env, language, commands: knownCommands, execute: executeInProcess });
    if (command.needsConfig !== false) await app.findConfig();
    // The configuration's language counts from here on.
    const spoken = await openScreen({ language: app.language, isJson, env });
    try {
      const outcome = await command.run({ ...given, isDryRun: given.flags.has("dry-run"), app, screen: spoken, signal });
      print(outcome, spoken, isJson);
      return outcome.exitCode;
    } finally {
      // A store that is gone must not keep the command from ending.
      await Promise.race([app.close(), wait(closeLimitMs, undefined, { ref: false })]);
    }
  } catch (error) {
    return report(error, screen, isJson, language);
  }
}

const closeLimitMs = 5000;

const knownCommands = Object.entries(commandTable).map(([name, { isChanging }]) => ({ name, isWriting: isChanging }));

async function readVersion(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  const { version } = JSON.parse(await readFile(join(installFolder, "package.json"), "utf8")) as { version: string };
  return `ampel ${version}, Node ${process.versions.node}`;
}

/** Runs one command line inside this process, for a playbook; nothing is printed. */
async function executeInProcess(words: readonly string[], app: App, signal: AbortSignal): ReturnType<AppOptions["execute"]> {
  const screen = openSilentScreen(app.language);
  try {
    const [name = "", ...rest] = words;
    const entry = findCommand(name);
    const command = await entry.load();
    const given = readArguments(name, command, entry.isChanging, rest);
    const outcome = await command.run({ ...given, isDryRun: given.flags.has("dry-run"), app, screen, signal });
    const lines = outcome.lines.map((line) => render(line, app.language));
    return { exitCode: outcome.exitCode, output: [screen.text(), ...lines].filter((text) => text !== "").join("\n") };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return {
      exitCode: error.exitCode,
      isRefused: isRefusal(error.code),
      output: `${say(error.what, app.language)}\n→ ${say(error.nextStep, app.language)}`,
    };
  }
}

/** @throws {Failure} usage */
function findCommand(name: string): CommandEntry {
  const entry = commandTable[name];
  if (entry !== undefined) return entry;
  const nearest = nearestOf(name, Object.keys(commandTable));
  const what = nearest === undefined ? message("cli.command-unknown", { name }) : message("cli.command-unknown-near", { name, nearest });
  throw new Failure("usage", what, message("cli.see-all"));
}

function print(outcome: Outcome, screen: Screen, isJson: boolean): void {
  if (isJson) process.stdout.write(`${JSON.stringify(outcome.document, null, 2)}\n`);
  else for (const line of outcome.lines) screen.tell(line);
}

function render(line: Line, language: Language): string {
  return typeof line === "string" ? line : say(line, language);
}

/** A failure becomes a sentence, a next step and an exit code; a bug keeps its stack. */
function report(error: unknown, screen: Screen, isJson: boolean, language: Language): number {
  if (!(error instanceof Failure)) {
    process.stderr.write(
      `${say(message("cli.bug"), language)}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return exitCodes.bug;
  }
  const what = say(error.what, language);
  const nextStep = say(error.nextStep, language);
  if (isJson) process.stdout.write(`${JSON.stringify({ error: { code: error.code, message: what, nextStep } }, null, 2)}\n`);
  else {
    screen.complain(`${screen.style("✗", "bad")} ${what}`);
    screen.complain(`→ ${nextStep}`);
  }
  return error.exitCode;
}

/** Before a configuration is read: `AMPEL_LANG`, else the locale says English, else German. */
export function guessLanguage(env: Environment): Language {
  const wanted = env["AMPEL_LANG"] || env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "";
  return wanted.startsWith("en") ? "en" : "de";
}
