import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { dataFaults } from "./faults/data-faults.ts";
import { diskFaults } from "./faults/disk-faults.ts";
import type { Fault } from "./faults/fault.ts";
import { processFaults } from "./faults/process-faults.ts";
import { vendorFaults } from "./faults/vendor-faults.ts";
import type { World } from "./world.ts";

/** Every way to break the world. The first ones are mended first: the others may need the database. */
export const faults: readonly Fault[] = [...processFaults, ...dataFaults, ...diskFaults, ...vendorFaults];

/** @throws {Failure} not-found, naming the faults there are */
export function findFault(name: string): Fault {
  const found = faults.find((fault) => fault.name === name);
  if (found !== undefined) return found;
  const names = faults.map((fault) => fault.name).join(", ");
  throw new Failure("not-found", message("sandbox.no-fault", { name }), message("sandbox.no-fault-next", { names }));
}

/** The faults that are in the world now. One that cannot be looked for, because the database is gone, is left out. */
export async function listInjected(world: World, signal?: AbortSignal): Promise<Fault[]> {
  const seen = await Promise.all(faults.map(async (fault) => await fault.isInjected(world, signal).catch(() => false)));
  return faults.filter((_, index) => seen[index]);
}
