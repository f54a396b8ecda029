import { appendFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../src/kernel/clock.ts";
import { watchClock } from "../../src/kernel/durable/clock-watch.ts";
import { startFileEngine } from "../../src/kernel/durable/file-engine.ts";
import type { Attempt, DurableEngine, DurableRun, Workflow } from "../../src/kernel/durable/run.ts";
import type { Store } from "../../src/store/store.ts";
import { countWrites, type KillAt } from "./kill-at-write.ts";

/** What a test tells a driver process, as JSON in its first argument. */
export type DriverOrder = {
  readonly stateFolder: string;
  /** Every effect leaves a line here, written by the effect itself. */
  readonly effects: string;
  /** Journal folders: the file engine is used instead of the store. */
  readonly folders?: readonly string[];
  readonly shape?: string;
  readonly databaseUrl?: string;
  /** Ids of the runs to start; without any the process only lends a hand. */
  readonly runs?: readonly string[];
  readonly scene?: Scene;
  readonly killAt?: KillAt;
};

export type Scene = {
  readonly steps: number;
  readonly stepMs?: number;
  /** A wait after this step, for this long. */
  readonly waitAfter?: number;
  readonly waitMs?: number;
};

/** A line of the effects file. `begun` and `ended` bracket what the effect did. */
export type EffectLine = {
  readonly at: number;
  readonly pid: number;
  readonly key: string;
  readonly name: string;
  readonly isRepeat: boolean;
  readonly phase: "begun" | "ended" | "aborted";
};

const order = JSON.parse(process.argv[2] ?? "{}") as DriverOrder;

function tell(what: string, more: object = {}): void {
  process.stdout.write(`${JSON.stringify({ what, at: Date.now(), pid: process.pid, ...more })}\n`);
}

async function act({ key, isRepeat, signal }: Attempt, name: string, ms: number): Promise<string> {
  const note = (phase: EffectLine["phase"]): void =>
    appendFileSync(
      order.effects,
      `${JSON.stringify({ at: Date.now(), pid: process.pid, key, name, isRepeat, phase } satisfies EffectLine)}\n`,
    );
  note("begun");
  try {
    if (ms > 0) await pause(ms, undefined, { signal });
  } catch (error) {
    note("aborted");
    throw error;
  }
  note("ended");
  return name;
}

const workflow: Workflow<Scene, { done: string[]; waitedMs?: number; message?: unknown }> = {
  name: "chaos",
  body: async (run: DurableRun, scene) => {
    const done: string[] = [];
    let waited: { waitedMs?: number; message?: unknown } = {};
    for (let index = 1; index <= scene.steps; index += 1) {
      done.push(await run.step(`step-${index}`, (attempt) => act(attempt, `step-${index}`, scene.stepMs ?? 0)));
      if (scene.waitAfter !== index) continue;
      const startedMs = performance.now();
      const message = await run.waitFor("go", (await run.now()) + (scene.waitMs ?? 0));
      waited = { waitedMs: Math.round(performance.now() - startedMs), message };
    }
    return { done, ...waited };
  },
};

async function openEngine(): Promise<{ engine: DurableEngine; store?: Store }> {
  const { folders, stateFolder, databaseUrl, shape } = order;
  if (folders !== undefined) return { engine: startFileEngine(folders, systemClock) };
  // Loaded only now: a process that uses files alone must come up without either.
  const { openStore } = await import("../../src/store/store.ts");
  const { startPostgresEngine } = await import("../../src/kernel/durable/postgres-engine.ts");
  const store = await openStore({ stateFolder, databaseUrl });
  const engine = await startPostgresEngine({
    url: store.url,
    pool: store.pool,
    clock: systemClock,
    workflows: [workflow],
    ...(shape === undefined ? {} : { shape }),
    ...(process.env["AMPEL_CHAOS_TROUBLE"] === undefined ? {} : { onTrouble: (text: string) => tell("trouble", { text }) }),
    onLost: (reason) => {
      tell("lost", { reason });
      process.exit(75);
    },
  });
  return { engine, store };
}

async function main(): Promise<void> {
  const hasDied = countWrites(order.killAt);
  const { engine, store } = await openEngine();
  watchClock(systemClock, (drift) => tell("drift", drift));
  tell("ready");
  hasDied.arm();
  const runs = order.runs ?? [];
  const started = runs.map(async (id) => {
    try {
      tell("result", { id, value: await engine.start(workflow, id, order.scene ?? { steps: 5 }) });
    } catch (error) {
      tell("error", { id, text: String(error), name: (error as Error).name });
    }
  });
  process.stdin.on("data", (chunk: Buffer) => {
    for (const line of chunk.toString().split("\n").filter(Boolean)) void obey(JSON.parse(line) as Request);
  });
  type Request = { do: "send" | "cancel" | "stop"; id?: string; value?: unknown; key?: string };
  const obey = async (request: Request): Promise<void> => {
    if (request.do === "send") tell("sent", { answer: await engine.send(request.id ?? "", "go", request.value, request.key ?? "key") });
    if (request.do === "cancel") {
      await engine.cancel(request.id ?? "");
      tell("cancelled");
    }
    if (request.do === "stop") {
      await engine.stop();
      await store?.close();
      tell("stopped");
      process.exit(0);
    }
  };
  await Promise.all(started);
  tell("all-done", { writes: hasDied.count() });
}

await main().catch((error: unknown) => {
  tell("failed", { text: String(error), code: (error as { code?: string }).code });
  process.exit(1);
});
