import { existsSync } from "node:fs";
import { isLocked } from "./lock.ts";
import { isStopped, listEnvironmentValues } from "./process-identity.ts";
import { runningProgram } from "./launch.ts";
import { listRegistered } from "./registry.ts";
import { defaultFolder } from "./start.ts";
import { readWorld, serviceNames, worldPaths, worldVariable, type ServiceName, type World } from "./world.ts";

/** `busy`: somebody is starting, mending or stopping it; `half-started`: its starter died; `damaged`: not every service runs. */
export type WorldState = "busy" | "half-started" | "up" | "damaged";

export type ListedWorld = {
  readonly folder: string;
  readonly state: WorldState;
  /** Absent when its description is missing or unreadable. */
  readonly world?: World;
  readonly services: Readonly<Record<ServiceName, "running" | "frozen" | "gone">>;
};

/** Every world of this machine that we know or that runs, oldest first. */
export async function listWorlds(): Promise<ListedWorld[]> {
  const folders = new Set([defaultFolder(), ...listRegistered(), ...listEnvironmentValues(worldVariable)]);
  const present = [...folders].filter((folder) => existsSync(worldPaths(folder).marker));
  const listed = await Promise.all(present.map(lookAtWorld));
  return listed.sort((left, right) => (left.world?.createdAt ?? 0) - (right.world?.createdAt ?? 0));
}

export async function lookAtWorld(folder: string): Promise<ListedWorld> {
  const world = readWorld(worldPaths(folder).world);
  const services = Object.fromEntries(serviceNames.map((name) => [name, stateOf(world, name)])) as ListedWorld["services"];
  const isBusy = await isLocked(folder);
  const isWhole = Object.values(services).every((state) => state === "running");
  const settled = world?.phase !== "up" ? "half-started" : isWhole ? "up" : "damaged";
  return { folder, state: isBusy ? "busy" : settled, services, ...(world === undefined ? {} : { world }) };
}

function stateOf(world: World | undefined, name: ServiceName): "running" | "frozen" | "gone" {
  const running = world === undefined ? undefined : runningProgram(world, name);
  if (running === undefined) return "gone";
  return isStopped(running) ? "frozen" : "running";
}
