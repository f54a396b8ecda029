import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { processStart } from "../../src/kernel/durable/lease.ts";
import { readPid } from "../../src/store/stale-lock.ts";
import type { DriverOrder, EffectLine } from "./driver.ts";

/** `AMPEL_CHAOS=long npm test` repeats more and meets more moments. */
export const isLong = process.env["AMPEL_CHAOS"] === "long";

export type Saying = { readonly what: string; readonly at: number; readonly pid: number } & Readonly<Record<string, unknown>>;

/** A real process with the engine in it. */
export type Driver = {
  readonly pid: number;
  readonly sayings: readonly Saying[];
  /** The first saying of this kind, also one said before. */
  hear(what: string, limitMs?: number): Promise<Saying>;
  order(request: object): void;
  signal(name: NodeJS.Signals): void;
  /** Exit status, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
};

export type Ground = {
  readonly folder: string;
  readonly stateFolder: string;
  drive(order?: Partial<DriverOrder>, how?: { prefix?: readonly string[]; env?: Record<string, string> }): Driver;
  /** Of the drivers started since the last `endDrivers`, and of the runs whose id begins so. */
  readEffects(runs?: string): EffectLine[];
  postmasterPid(): number;
  /** Ends the processes of one test; the server stays for the next one. */
  endDrivers(): Promise<void>;
  clear(): Promise<void>;
};

const node = resolve("node_modules/.bin/node");

/** A folder of its own under the temporary one; `clear` ends every process that was started in it, by pid. */
export function breakGround(): Ground {
  const folder = mkdtempSync(join(tmpdir(), "ampel-chaos-"));
  chmodSync(folder, 0o755); // the server's account has to pass
  const stateFolder = join(folder, "state");
  let drivers: Driver[] = [];
  let round = 0;
  const effectsFile = (): string => join(folder, `effects-${round}.jsonl`);
  const endDrivers = async (): Promise<void> => {
    for (const driver of drivers) {
      driver.signal("SIGCONT");
      driver.signal("SIGKILL");
    }
    await Promise.all(drivers.map(({ ended }) => ended));
    drivers = [];
    round += 1;
  };
  const postmasterFile = join(stateFolder, "store/data/postmaster.pid");
  return {
    folder,
    stateFolder,
    drive(order = {}, { prefix = [], env = {} } = {}) {
      const argv = [
        ...prefix,
        node,
        "--disable-warning=ExperimentalWarning",
        resolve("test/chaos/driver.ts"),
        JSON.stringify({ stateFolder, effects: effectsFile(), ...order }),
      ];
      const driver = listen(spawn(argv[0] ?? node, argv.slice(1), { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } }));
      drivers.push(driver);
      return driver;
    },
    readEffects: (runs = "") =>
      existsSync(effectsFile()) ? parseLines(readFileSync(effectsFile(), "utf8")).filter(({ key }) => key.startsWith(runs)) : [],
    postmasterPid: () => readPid(postmasterFile) ?? 0,
    endDrivers,
    clear: async () => {
      await endDrivers();
      const pid = readPid(postmasterFile);
      if (pid !== undefined) await stopPostmaster(pid);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function parseLines(text: string): EffectLine[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as EffectLine);
}

async function stopPostmaster(pid: number): Promise<void> {
  try {
    process.kill(pid, "SIGQUIT");
    for (let look = 0; look < 250 && processStart(pid) !== undefined; look += 1) await pause(20);
  } catch {
    // it has ended by itself
  }
}

function listen(child: ChildProcess): Driver {
  const sayings: Saying[] = [];
  const waiting = new Set<() => void>();
  let rest = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    sayings.push(...lines.map((line) => JSON.parse(line) as Saying));
    for (const wake of waiting) wake();
  });
  child.stdin?.on("error", () => {});
  const ended = new Promise<number | NodeJS.Signals>((settle) => {
    child.once("close", (status, signal) => {
      settle(status ?? signal ?? 0);
      for (const wake of waiting) wake();
    });
  });
  const pid = child.pid ?? 0;
  return {
    pid,
    sayings,
    ended,
    hear: (what, limitMs = 15_000) =>
      new Promise((settle, fail) => {
        const finish = (act: () => void): void => {
          clearTimeout(timer);
          waiting.delete(look);
          act();
        };
        const timer = setTimeout(
          () =>
            finish(() => fail(new Error(`process ${pid} did not say "${what}" in ${limitMs} ms but ${JSON.stringify(sayings.slice(-5))}`))),
          limitMs,
        );
        const look = (): void => {
          const found = sayings.find((saying) => saying.what === what);
          if (found !== undefined) finish(() => settle(found));
          else if (child.exitCode !== null || child.signalCode !== null) {
            finish(() => fail(new Error(`process ${pid} ended without saying "${what}": ${JSON.stringify(sayings.slice(-5))}`)));
          }
        };
        waiting.add(look);
        look();
      }),
    order: (request) => void child.stdin?.write(`${JSON.stringify(request)}\n`),
    signal: (name) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(name);
    },
  };
}

/** Waits until a look returns something. */
export async function until<Value>(look: () => Value | undefined | false, limitMs = 15_000): Promise<Value> {
  const startedMs = performance.now();
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() - startedMs > limitMs) throw new Error(`nothing in ${limitMs} ms: ${String(look)}`);
    await pause(10);
  }
}

/** Effects that were begun more than once without being told so: there must be none. */
export function unmarkedRepeats(effects: readonly EffectLine[]): EffectLine[] {
  const begun = effects.filter(({ phase }) => phase === "begun");
  return begun.filter((effect, index) => !effect.isRepeat && begun.findIndex(({ key }) => key === effect.key) !== index);
}

/** Keys of the effects that were begun, in order. */
export function begunNames(effects: readonly EffectLine[]): string[] {
  return effects.filter(({ phase }) => phase === "begun").map(({ name }) => name);
}
