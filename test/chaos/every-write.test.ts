import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { DriverOrder } from "./driver.ts";
import type { KillAt } from "./kill-at-write.ts";
import { begunNames, breakGround, isLong, unmarkedRepeats, type Ground } from "./harness.ts";

const steps = ["step-1", "step-2", "step-3", "step-4", "step-5"];
const atOnce = 3;

let ground: Ground;
beforeAll(() => {
  ground = breakGround();
});
afterEach(() => ground.endDrivers());
afterAll(() => ground.clear());

/** Every moment in the long form; in the short one every write once, before or after it in turn. */
function listMoments(writes: number, stride: number): KillAt[] {
  const numbers = Array.from({ length: writes }, (_, index) => index + 1);
  const either = (["before", "after"] as const).flatMap((moment) => numbers.map((write) => ({ write, moment })));
  return isLong ? either : either.filter(({ write, moment }) => write % stride === 0 && (write % 2 === 0) === (moment === "before"));
}

async function countWrites(order: Partial<DriverOrder>): Promise<number> {
  const driver = ground.drive({ ...order, runs: ["counted"] });
  const { writes } = (await driver.hear("all-done", 40_000)) as unknown as { writes: number };
  driver.signal("SIGKILL");
  return writes;
}

/** Kills one process per moment, each in a run of its own, and lets one last process finish what they left. */
async function killAtEach(moments: readonly KillAt[], order: Partial<DriverOrder>): Promise<void> {
  const idOf = ({ write, moment }: KillAt): string => `run-${write}-${moment}`;
  const waiting = [...moments];
  const lane = async (): Promise<void> => {
    for (let killAt = waiting.shift(); killAt !== undefined; killAt = waiting.shift()) {
      const driver = ground.drive({ ...order, runs: [idOf(killAt)], killAt });
      // A write that belongs to the engine's own business may not come again: then the run is simply finished.
      await Promise.race([driver.ended, driver.hear("all-done", 40_000).catch(() => {})]);
      driver.signal("SIGKILL");
      await driver.ended;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const last = ground.drive({ ...order, runs: moments.map(idOf) });
  await last.hear("all-done", 60_000);
  for (const killAt of moments) {
    const id = idOf(killAt);
    const effects = ground.readEffects(`${id}:`);
    expect(
      last.sayings.find((saying) => saying["id"] === id),
      id,
    ).toMatchObject({ what: "result", value: { done: steps } });
    expect(unmarkedRepeats(effects), `${id}: nothing is done twice unknowingly`).toEqual([]);
    expect([...new Set(begunNames(effects))], `${id}: nothing is left out or out of order`).toEqual(steps);
    expect(begunNames(effects).length, `${id}: only the step in the air is repeated`).toBeLessThanOrEqual(steps.length + 1);
  }
}

describe("kill -9 at every write of the journal of a five-step run: each effect once, or marked as a repeat", () => {
  test("journal on files", async () => {
    const folders = [join(ground.folder, "journal")];
    const writes = await countWrites({ folders });
    expect(writes).toBeGreaterThanOrEqual(12); // start, five intents, five results, end
    await killAtEach(listMoments(writes, 1), { folders });
  }, 120_000);

  test("journal in the store", async () => {
    const writes = await countWrites({});
    expect(writes).toBeGreaterThanOrEqual(15);
    await killAtEach(listMoments(writes, 3), {});
  }, 300_000);
});

const memory = "/dev/shm";
describe.skipIf(!existsSync(memory))("journal on files, second folder in memory", () => {
  test("a run killed in its first folder goes on when that folder is gone, from the one it moved to", async () => {
    const lost = join(ground.folder, "lost");
    const kept = join(ground.folder, "kept");
    mkdirSync(lost);
    const folders = [join(lost, "deeper"), kept];
    const first = ground.drive({ folders: [kept], runs: ["moved"], killAt: { write: 7, moment: "after" } });
    await first.ended;
    const second = ground.drive({ folders, runs: ["moved"] });
    await second.hear("all-done");
    expect([...new Set(begunNames(ground.readEffects("moved:")))]).toEqual(steps);
    expect(unmarkedRepeats(ground.readEffects("moved:"))).toEqual([]);
  });
});
