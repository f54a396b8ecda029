import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describeWorld, writeWorldConfig } from "../../src/sandbox/configuration.ts";
import { startWorld } from "../../src/sandbox/start.ts";
import { stopWorld } from "../../src/sandbox/stop.ts";
import type { World } from "../../src/sandbox/world.ts";
import { stringify } from "yaml";

const node = resolve("node_modules/.bin/node");
// A built program may be put under test instead of the sources.
const program = [node, "--disable-warning=ExperimentalWarning", resolve(process.env["AMPEL_STORY_PROGRAM"] ?? "src/main.ts")];

export type CommandEnd = {
  readonly exitCode: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
};

export type Running = {
  readonly pid: number;
  readonly ended: Promise<CommandEnd>;
  signal(name: NodeJS.Signals): void;
  /** Resolves when the text of stdout and stderr so far matches; fails when the command ends before. */
  saying(pattern: RegExp, limitMs?: number): Promise<void>;
};

export type StartOptions = {
  readonly env?: Readonly<Record<string, string>>;
  /** What a person at the terminal types, when a line matches. */
  readonly typing?: readonly (readonly [question: RegExp, answer: string])[];
  /** Words before the program: a shell with mounts of its own, a tracer. */
  readonly prefix?: readonly string[];
  readonly limitMs?: number;
  readonly stateFolder?: string;
  readonly config?: string;
};

/** What `emergency-response --json` and its like print, as far as the stories look at it. */
export type ReportDocument = {
  readonly zone: string;
  readonly zoneNow: string;
  readonly mode: string;
  readonly findings: readonly { readonly zone: string; readonly cause: string; readonly subject: string; readonly mutedBy?: string }[];
  readonly plans: readonly { readonly playbook: string; readonly steps: readonly object[] }[];
  readonly runs: readonly {
    readonly id: string;
    readonly playbook: string;
    readonly subject: string;
    readonly state: string;
    readonly steps: readonly {
      readonly name: string;
      readonly state: string;
      readonly durationMs: number;
      readonly message: string;
      readonly output: string;
    }[];
  }[];
  readonly remaining: readonly { readonly cause: string; readonly subject: string; readonly mutedBy?: string; readonly reason?: string }[];
  readonly blindSpots: readonly { readonly probeId: string; readonly message: string }[];
  readonly nextStep?: string;
  readonly durationMs: number;
};

/** A sandbox world and the command line as real processes, in a temporary folder of their own. */
export type StoryGround = {
  readonly folder: string;
  readonly stateFolder: string;
  readonly world: World;
  readonly config: string;
  /** Writes the configuration anew, with sections of the world's own replaced. */
  configure(changes?: Readonly<Record<string, unknown>>, file?: string): string;
  start(words: readonly string[], options?: StartOptions): Running;
  run(words: readonly string[], options?: StartOptions): Promise<CommandEnd>;
  /** Runs with `--json` and reads the one document. */
  ask(words: readonly string[], options?: StartOptions): Promise<CommandEnd & { readonly document: ReportDocument }>;
  clear(): Promise<void>;
};

/** Restarts happen here by the dozen; the limits have stories of their own. */
const wideLimits = { automation: { runsPerPlaybookAndHour: 90, runsPerHour: 90, restartsPerServiceIn15Minutes: 20 } };

export async function openGround(): Promise<StoryGround> {
  const folder = mkdtempSync(join(tmpdir(), "ampel-story-"));
  chmodSync(folder, 0o755); // the database's account has to pass
  const stateFolder = join(folder, "state");
  // The sandbox notes its worlds below the state folder of whoever starts them.
  process.env["AMPEL_STATE_DIR"] = stateFolder;
  const world = await startWorld({ folder: join(folder, "world") });
  const running = new Set<ChildProcess>();
  const states = new Set([stateFolder]);
  const start = (words: readonly string[], options: StartOptions = {}): Running => {
    const { env = {}, prefix = [], limitMs = 60_000 } = options;
    const state = options.stateFolder ?? stateFolder;
    states.add(state);
    const line = [...program, ...words, "--config", options.config ?? writtenConfig];
    const isTyped = options.typing !== undefined;
    const argv = [...prefix, ...(isTyped ? ["script", "--quiet", "--return", "--command", line.join(" "), "/dev/null"] : line)];
    const child = spawn(argv[0] ?? node, argv.slice(1), {
      cwd: folder,
      env: { ...process.env, AMPEL_STATE_DIR: state, AMPEL_DATABASE_URL: "", AMPEL_LANG: "en", FORCE_COLOR: undefined, ...env },
      stdio: [isTyped ? "pipe" : "ignore", "pipe", "pipe"],
    });
    running.add(child);
    answer(child, options.typing ?? []);
    void new Promise((settle) => child.once("close", settle)).then(() => running.delete(child));
    return watch(child, limitMs);
  };
  let writtenConfig = "";
  const configure: StoryGround["configure"] = (changes = {}, file = join(folder, "ampel.yaml")) => {
    const text = stringify({ ...describeWorld(world), ...wideLimits, ...changes }, { lineWidth: 0 });
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  writeWorldConfig(world);
  writtenConfig = configure();
  const ground: StoryGround = {
    folder,
    stateFolder,
    world,
    get config() {
      return writtenConfig;
    },
    configure,
    start,
    run: (words, options) => start(words, options).ended,
    ask: async (words, options) => {
      const end = await ground.run([...words, "--json"], options);
      return { ...end, document: readDocument(end) };
    },
    clear: async () => {
      for (const child of running) child.kill("SIGKILL");
      await stopWorld(world.folder);
      for (const state of states) rmSync(lockFolderOf(state), { recursive: true, force: true });
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return ground;
}

/** The one document of stdout; anything beside it is an error. */
function readDocument({ stdout, stderr, exitCode }: CommandEnd): ReportDocument {
  try {
    return JSON.parse(stdout) as ReportDocument;
  } catch (error) {
    throw new Error(`not one JSON document (exit ${exitCode}):\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** As `App.lockFolder` names it: it lies in memory, outside every folder of the story. */
export function lockFolderOf(stateFolder: string): string {
  const name = createHash("sha256").update(resolve(stateFolder)).digest("hex").slice(0, 16);
  return join("/dev/shm", `ampel-${process.getuid?.() ?? 0}-${name}`);
}

/** Types each answer once, as soon as its question stands on the terminal. */
function answer(child: ChildProcess, typing: NonNullable<StartOptions["typing"]>): void {
  let heard = "";
  const rest = [...typing];
  child.stdout?.on("data", (chunk: Buffer) => {
    heard += chunk.toString();
    for (let [next] = rest; next !== undefined && next[0].test(heard); [next] = rest) {
      heard = "";
      child.stdin?.write(`${next[1]}\r`);
      rest.shift();
    }
  });
}

function watch(child: ChildProcess, limitMs: number): Running {
  const startedMs = performance.now();
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  const hear = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    hear();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    hear();
  });
  const limit = setTimeout(() => child.kill("SIGKILL"), limitMs);
  const ended = new Promise<CommandEnd>((settle) => {
    child.once("close", (code, signal) => {
      clearTimeout(limit);
      settle({ exitCode: code ?? signal ?? -1, stdout, stderr, durationMs: performance.now() - startedMs });
      hear();
    });
  });
  return {
    pid: child.pid ?? 0,
    ended,
    signal: (name) => void child.kill(name),
    saying: (pattern, withinMs = 30_000) =>
      new Promise((settle, fail) => {
        const finish = (act: () => void): void => {
          clearTimeout(timer);
          listeners.delete(look);
          act();
        };
        const tell = (why: string): Error => new Error(`${why} before it said ${pattern}:\n${stdout}\n${stderr}`);
        const timer = setTimeout(() => finish(() => fail(tell(`${withinMs} ms went by`))), withinMs);
        const look = (): void => {
          if (pattern.test(stdout + stderr)) finish(settle);
          else if (child.exitCode !== null || child.signalCode !== null) finish(() => fail(tell("it ended")));
        };
        listeners.add(look);
        look();
      }),
  };
}

/** Pid and command of every process that belongs to the world, to see that none was touched. */
export function readWorldPids(world: World): Record<string, string> {
  const names = ["postgres", "retell", "calcom", "worker", "app", "session"];
  return Object.fromEntries(
    names.map((name) => {
      try {
        return [name, readFileSync(join(world.folder, "run", `${name}.pid.identity`), "utf8").trim()];
      } catch {
        return [name, ""];
      }
    }),
  );
}
