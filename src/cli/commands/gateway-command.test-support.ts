import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openApp } from "../../app.ts";
import { openStore, type Store } from "../../store/store.ts";
import { readArguments } from "../arguments.ts";
import type { Command, Outcome } from "../command.ts";
import { openSilentScreen } from "../screen.ts";
import { say } from "../../kernel/message.ts";

export type CommandGround = {
  readonly store: Store;
  readonly folder: string;
  /** Runs a command as the command line would, in German, against a configuration with these lines below `gateway:`. */
  run(name: string, command: Command, argv: readonly string[], gateway: string): Promise<Outcome & { readonly text: string }>;
  clear(): Promise<void>;
};

/** A store of its own and a place for `ampel.yaml`. */
export async function openCommandGround(): Promise<CommandGround> {
  const ground = mkdtempSync(join(tmpdir(), "ampel-command-"));
  chmodSync(ground, 0o755);
  const stateFolder = join(ground, "state");
  mkdirSync(stateFolder);
  const store = await openStore({ stateFolder });
  return {
    store,
    folder: stateFolder,
    run: async (name, command, argv, gateway) => {
      const configPath = join(ground, "ampel.yaml");
      const indented = gateway
        .trim()
        .split("\n")
        .map((line) => `  ${line}`)
        .join("\n");
      writeFileSync(configPath, `version: 1\nname: Praxis\nstate: ${stateFolder}\ngateway:\n${indented}\n`);
      const app = openApp({
        configPath,
        env: { AMPEL_DATABASE_URL: store.url, AMPEL_STATE_DIR: stateFolder, SUDO_USER: "mara" },
        language: "de",
        commands: [],
        execute: async () => ({ exitCode: 0, output: "" }),
      });
      try {
        await app.findConfig();
        const screen = openSilentScreen("de");
        const given = readArguments(name, command, true, argv);
        const outcome = await command.run({
          ...given,
          isDryRun: given.flags.has("dry-run"),
          app,
          screen,
          signal: AbortSignal.timeout(30_000),
        });
        const lines = outcome.lines.map((line) => (typeof line === "string" ? line : say(line, "de")));
        return { ...outcome, text: [screen.text(), ...lines].join("\n") };
      } finally {
        await app.close();
      }
    },
    clear: async () => {
      await store.close();
      rmSync(ground, { recursive: true, force: true });
    },
  };
}
