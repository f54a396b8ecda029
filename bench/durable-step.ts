import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/kernel/clock.ts";
import { startFileEngine } from "../src/kernel/durable/file-engine.ts";
import { startPostgresEngine } from "../src/kernel/durable/postgres-engine.ts";
import type { DurableEngine, Workflow } from "../src/kernel/durable/run.ts";
import { openStore } from "../src/store/store.ts";
import { medianOf, tell } from "./figure.ts";

/** Issue I5: what a durable step may cost more than the bare function, at the median. */
const limitMs = 25;
const steps = process.argv.includes("--short") ? 50 : 400;

const effect = async (): Promise<number> => await Promise.resolve(42);

/** Returns how long each step took, seen from inside the run. */
const workflow: Workflow<null, number[]> = {
  name: "durable-step",
  body: async (run) => {
    const durations: number[] = [];
    for (let index = 0; index < steps; index += 1) {
      const startedMs = performance.now();
      await run.step(`step-${index}`, effect);
      durations.push(performance.now() - startedMs);
    }
    return durations;
  },
};

async function measureBare(): Promise<number[]> {
  const durations: number[] = [];
  for (let index = 0; index < steps; index += 1) {
    const startedMs = performance.now();
    await effect();
    durations.push(performance.now() - startedMs);
  }
  return durations;
}

/** The bare function's median is taken off, so that a sample is what the durability of one step costs. */
function report(engine: string, durations: readonly number[], bare: readonly number[]): boolean {
  const bareMs = medianOf(bare.toSorted((left, right) => left - right));
  const samples = durations.map((durationMs) => durationMs - bareMs);
  const p99 = samples.toSorted((left, right) => left - right)[Math.floor(samples.length * 0.99)] ?? Number.NaN;
  tell({ figure: `I5 added cost of a durable step, p99, ${engine}`, unit: "ms", samples: [p99] });
  return tell({ figure: `I5 added cost of a durable step, ${engine}`, unit: "ms", samples, limit: limitMs, peer: "bare function" });
}

async function measure(engine: DurableEngine): Promise<number[]> {
  await engine.start(workflow, "warm-up", null);
  return await engine.start(workflow, "measured", null);
}

const folder = mkdtempSync(join(tmpdir(), "ampel-bench-"));
chmodSync(folder, 0o755); // the server's account has to pass
try {
  await measureBare();
  const bare = await measureBare();
  let isKept = report("journal on files", await measure(startFileEngine([join(folder, "journal")], systemClock)), bare);
  const store = await openStore({ stateFolder: join(folder, "state") });
  const engine = await startPostgresEngine({
    url: store.url,
    pool: store.pool,
    clock: systemClock,
    workflows: [workflow],
    onLost: (reason) => {
      throw new Error(reason);
    },
  });
  isKept = report("journal in the store", await measure(engine), bare) && isKept;
  await engine.stop();
  await store.close();
  process.exitCode = isKept ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
