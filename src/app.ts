import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { LoadedConfig } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { openHost, type Host } from "./integrations/host.ts";
import type { Happening } from "./logbook/entry.ts";
import { systemClock, type Clock } from "./kernel/clock.ts";
import { Failure } from "./kernel/failure.ts";
import { message, verbatim, type Language } from "./kernel/message.ts";
import type { KnownCommand } from "./playbooks/lint/rule.ts";
import type { PlaybookCatalogue } from "./playbooks/catalogue.ts";
import { openMemoryFile, type MemoryFile } from "./probes/memory-file.ts";
import type { Probe } from "./probes/probe.ts";
import type { WantedApproval } from "./playbooks/run-contract.ts";
import type { Durable, DurableOptions } from "./responder/durable.ts";
import { findStateFolder, listJournalFolders } from "./store/state-folder.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The one place where configuration, store, clock and integrations meet. Everything heavy is loaded when asked for. */
export type App = {
  readonly clock: Clock;
  readonly env: Environment;
  readonly language: Language;
  readonly timeZone: string;
  readonly stateFolder: string;
  readonly journalFolders: readonly string[];
  /** Lives in memory, so that a full disk cannot keep a responder from locking out a second one. */
  readonly lockFolder: string;
  readonly memory: MemoryFile;
  /** The configuration, or `undefined` when there is none. @throws {Failure} config-invalid */
  findConfig(): Promise<LoadedConfig | undefined>;
  /** @throws {Failure} config-missing, config-invalid */
  loaded(): Promise<LoadedConfig>;
  /** What is watched by the configuration in force, or by a new one that is about to be. */
  probes(given?: LoadedConfig): Promise<readonly Probe[]>;
  openHost(name: string): Host;
  /** Every command of this program, for the checks of playbooks. */
  readonly commands: readonly KnownCommand[];
  playbooks(): Promise<PlaybookCatalogue>;
  /** The store, or the journal files when it is gone. Opened once. */
  durable(): Promise<Durable>;
  /** The same, ready to carry out runs: a store that was gone is tried once more, one that cannot launch is left for the files. */
  acting(): Promise<Durable>;
  /** Runs a command of ours in this process, as a playbook line does. */
  execute(words: readonly string[], signal: AbortSignal): Promise<{ exitCode: number; output: string; isRefused?: boolean }>;
  /** Who is told that a run waits for an approval; a terminal puts its question here. */
  onApprovalWanted: (wanted: WantedApproval) => void;
  /** Everything that happens, as it happens; a terminal shows the step that runs. */
  onHappening: (happening: Happening) => void;
  /** Another app beside this one, with a configuration and an environment of its own. */
  fork(given: { readonly configPath: string; readonly env: Environment }): App;
  close(): Promise<void>;
};

export type AppOptions = {
  readonly env: Environment;
  readonly language: Language;
  readonly configPath?: string | undefined;
  readonly cwd?: string;
  readonly clock?: Clock;
  /** Names of the commands there are; playbooks are checked against them. */
  readonly commands: readonly KnownCommand[];
  execute(words: readonly string[], app: App, signal: AbortSignal): Promise<{ exitCode: number; output: string; isRefused?: boolean }>;
};

/** The folder Ampel is installed in, from sources and from `dist` alike. */
export const installFolder = dirname(dirname(fileURLToPath(import.meta.url)));

export function openApp({ env, language, configPath, cwd = process.cwd(), clock = systemClock, commands, execute }: AppOptions): App {
  const hosts = new Map<string, Host>();
  let loading: Promise<LoadedConfig | undefined> | undefined;
  let known: LoadedConfig | undefined;
  let durable: Promise<Durable> | undefined;
  let launching: Promise<Durable> | undefined;
  let memory: MemoryFile | undefined;

  const durableOptions = (): DurableOptions => ({
    stateFolder: app.stateFolder,
    journalFolders: app.journalFolders,
    databaseUrl: env["AMPEL_DATABASE_URL"],
    clock,
    onHappening: (happening) => app.onHappening(happening),
    hands: {
      clock,
      localEnv: shellEnvironment(app, env, known?.file),
      openHost: app.openHost,
      onApprovalWanted: (wanted) => app.onApprovalWanted(wanted),
      command: (words, { signal }) => app.execute(words, signal),
    },
  });
  const app: App = {
    clock,
    env,
    get language() {
      return known?.config.language ?? language;
    },
    get timeZone() {
      return known?.config.timezone ?? "Europe/Berlin";
    },
    get stateFolder() {
      const own = known?.config.state;
      return own !== undefined && (env["AMPEL_STATE_DIR"] ?? "") === "" ? own.replace(/^~(?=\/)/, homedir()) : findStateFolder(env);
    },
    get journalFolders() {
      return listJournalFolders(app.stateFolder);
    },
    get lockFolder() {
      const name = createHash("sha256").update(resolve(app.stateFolder)).digest("hex").slice(0, 16);
      return join("/dev/shm", `ampel-${process.getuid?.() ?? 0}-${name}`);
    },
    get memory() {
      return (memory ??= openMemoryFile(join(app.stateFolder, "memory.json")));
    },
    findConfig: () =>
      (loading ??= (async () => {
        const { findConfigFile, readConfigFile } = await import("./config/load.ts");
        const file = await findConfigFile({ path: configPath, cwd, env });
        known = file === undefined ? undefined : await readConfigFile(file);
        return known;
      })()),
    loaded: async () => {
      const found = await app.findConfig();
      if (found === undefined) {
        throw new Failure(
          "config-missing",
          message("config.not-found", { places: "./ampel.yaml, /etc/ampel/ampel.yaml" }),
          message("config.not-found-next"),
        );
      }
      return found;
    },
    probes: async (given) => {
      const { expandProbes } = await import("./config/expand.ts");
      const loaded = given ?? (await app.loaded());
      const present = knownThings(loaded, commands);
      return expandProbes(loaded.config).map((probe) =>
        probe.kind === "playbooks" ? { ...probe, spec: { ...present, ...probe.spec } } : probe,
      );
    },
    commands,
    openHost: (name) => {
      const open = hosts.get(name) ?? openHost(name, known?.config.hosts[name]?.address ?? unknownHost(name));
      hosts.set(name, open);
      return open;
    },
    playbooks: async () => {
      const { loadCatalogue } = await import("./playbooks/catalogue.ts");
      return await loadCatalogue(known === undefined ? [shippedPlaybooks] : playbookFolders(known.config, known.file));
    },
    durable: () =>
      (durable ??= (async () => {
        const { openDurable } = await import("./responder/durable.ts");
        return await openDurable(durableOptions());
      })()),
    onApprovalWanted: () => {},
    onHappening: () => {},
    acting: () =>
      (launching ??= (async () => {
        const present = await app.durable();
        if (present.mode !== "store") {
          await present.close();
          durable = undefined;
        }
        const again = await app.durable();
        try {
          await again.launch();
          return again;
        } catch (error) {
          await again.close().catch(() => {});
          const { openOnFiles } = await import("./responder/durable.ts");
          durable = Promise.resolve(openOnFiles(error instanceof Failure ? error.what : verbatim(String(error)), durableOptions()));
          return await durable;
        }
      })().finally(() => {
        launching = undefined;
      })),
    execute: (words, signal) => execute(words, app, signal),
    fork: (given) => {
      const forked = openApp({ ...given, language: app.language, cwd, clock, commands, execute });
      forked.onHappening = (happening) => app.onHappening(happening);
      forked.onApprovalWanted = (wanted) => app.onApprovalWanted(wanted);
      return forked;
    },
    close: async () => {
      await (await durable)?.close();
    },
  };
  return app;
}

/** What this program and this configuration have: the self-test of the playbooks looks their references up in it. */
function knownThings({ config, file }: LoadedConfig, commands: readonly KnownCommand[]): Record<string, readonly string[]> {
  return {
    folders: playbookFolders(config, file),
    commands: commands.map(({ name }) => name),
    hosts: Object.keys(config.hosts),
    contacts: Object.keys(config.people),
  };
}

/** What a shell needs so that `ampel …` in a playbook means this program, this configuration and this state. */
function shellEnvironment({ stateFolder }: App, env: Environment, configFile: string | undefined): Record<string, string> {
  return {
    PATH: `${installFolder}:${env["PATH"] ?? "/usr/bin:/bin"}`,
    AMPEL_STATE_DIR: stateFolder,
    ...(configFile === undefined ? {} : { AMPEL_CONFIG: configFile }),
  };
}

const shippedPlaybooks = join(installFolder, "playbooks");

function playbookFolders({ playbooks }: Config, file: string): string[] {
  return [shippedPlaybooks, ...playbooks.folders.map((folder) => resolve(dirname(file), folder))];
}

function unknownHost(name: string): { via: "local" } {
  if (name === "local") return { via: "local" };
  throw new Failure("not-found", message("app.host-unknown", { name }), message("app.host-unknown-next"));
}
