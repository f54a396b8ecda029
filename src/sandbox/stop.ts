import { existsSync, readdirSync, rmSync, rmdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { waitForLock } from "./lock.ts";
import { removeOutsideData } from "./postgres.ts";
import { endProcesses, findProcesses, readIdentity, type ProcessIdentity } from "./process-identity.ts";
import { forgetWorld } from "./registry.ts";
import { markerName, readWorld, serviceNames, worldPaths, worldVariable, type World } from "./world.ts";

/**
 * Ends exactly the processes of the world in `folder` and removes the folder; nothing happens when there is none.
 * A world that was half started or half taken down is taken down as well.
 * @throws {Failure} run-busy while somebody starts or mends it, refused-unsafe when the folder is no sandbox,
 * sandbox-failed when a process stays
 */
export async function stopWorld(wanted: string): Promise<void> {
  const folder = resolve(wanted);
  if (!existsSync(folder)) return forgetWorld(folder);
  const lock = await waitForLock(folder, 1000);
  if (lock === undefined) throw new Failure("run-busy", message("sandbox.busy", { folder }), message("sandbox.busy-next"));
  try {
    if (!existsSync(worldPaths(folder).marker)) {
      if (!existsSync(folder)) return; // somebody else took it down meanwhile
      throw new Failure("refused-unsafe", message("sandbox.not-ours", { folder }), message("sandbox.not-ours-next"));
    }
    await removeWorld(folder);
    forgetWorld(folder);
  } finally {
    await lock.release();
  }
}

/** The part of `stopWorld` that needs the lock; the folder must carry the marker. */
export async function removeWorld(folder: string): Promise<void> {
  const paths = worldPaths(folder);
  const world = readWorld(paths.world);
  const known = [...serviceNames, "session" as const]
    .map((name) => readIdentity(paths.identityFile(name)))
    .filter((identity) => identity !== undefined)
    .filter(({ pid }) => pid !== process.pid); // a stand-in that takes down an orphaned world
  // SIGQUIT: Postgres stops at once and leaves its files as they are (its manual, "Shutting Down the Server"); the others just end.
  const left = await endProcesses(known, "SIGQUIT", 1000);
  const remaining = [...left, ...(await endStrays(folder, world))];
  const [stubborn] = remaining;
  if (stubborn !== undefined) {
    throw new Failure(
      "sandbox-failed",
      message("sandbox.not-stopped", { name: "sandbox", pid: stubborn.pid }),
      message("sandbox.retry-next"),
    );
  }
  if (world !== undefined) removeOutsideData(world);
  // The marker goes last: whatever interrupts us, the rest may still be removed by the next one.
  for (const name of readdirSync(folder)) {
    if (name !== markerName) rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 3 });
  }
  rmSync(paths.marker, { force: true });
  rmdirSync(folder);
}

/** Ends what a killed starter could not note down and what a killed Postgres left behind: it still carries the world's mark. */
async function endStrays(folder: string, world: World | undefined): Promise<ProcessIdentity[]> {
  const folders = [folder, ...(world === undefined ? [] : [world.postgres.data])];
  for (let round = 0; ; round += 1) {
    const strays = findProcesses(`${worldVariable}=${folder}`, folders);
    // A start under way may make one more process between our look and its end.
    if (strays.length === 0 || round === 10) return strays;
    await endProcesses(strays, "SIGKILL", 1000);
  }
}
