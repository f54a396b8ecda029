import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { faults } from "./faults.ts";
import { waitUntilHealthy } from "./health.ts";
import { takeLock } from "./lock.ts";
import { completeWorld } from "./start.ts";
import type { World } from "./world.ts";

/**
 * Takes every fault out of the world, starts what is missing, also in one that was half started, and waits until it is well.
 * @throws {Failure} run-busy, sandbox-failed naming what is still wrong
 */
export async function mendWorld(world: World, signal?: AbortSignal): Promise<World> {
  const { folder } = world;
  const lock = await takeLock(folder);
  if (lock === undefined) throw new Failure("run-busy", message("sandbox.busy", { folder }), message("sandbox.busy-next"));
  try {
    const isUp = world.phase === "up";
    // Faults of a world that never was up cannot be there; what is missing is only not yet made.
    if (isUp) await mendFaults(world, signal);
    const whole = await completeWorld(world, signal === undefined ? {} : { signal });
    await waitUntilHealthy(whole, signal);
    return whole;
  } finally {
    await lock.release();
  }
}

async function mendFaults(world: World, signal?: AbortSignal): Promise<void> {
  for (const fault of faults) if (await fault.isInjected(world, signal)) await fault.mend(world, signal);
}
