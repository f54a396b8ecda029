import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProcessIdentity } from "./process-identity.ts";

/** The parts of the guarded world, in the order in which they are started. */
export const serviceNames = ["postgres", "retell", "calcom", "worker", "app"] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Everything that can run in a world: its services, and the forgotten session of a fault. */
export type ProgramName = ServiceName | "session";

/** One world, as written to `world.json`. Paths are absolute; ports are on 127.0.0.1. */
export type World = {
  readonly format: 1;
  readonly folder: string;
  /** Epoch ms UTC. */
  readonly createdAt: number;
  /** `starting` until every service answered once; a killed starter leaves it like that. */
  readonly phase: "starting" | "up";
  /** The interpreter of the world's own programs. */
  readonly node: string;
  readonly ports: Readonly<Record<"postgres" | "retell" | "calcom" | "app", number>>;
  readonly postgres: {
    readonly binFolder: string;
    readonly env: Readonly<Record<string, string>>;
    readonly data: string;
    /** The account the server runs under; absent = ours. */
    readonly uid?: number;
    readonly gid?: number;
  };
  /** Present when the world must not outlive its starter: as soon as this process is gone, the world takes itself down. */
  readonly owner?: ProcessIdentity;
};

/** What the folder of the logs may hold: the world's "disk", a partition of its own as `/var/log` often is. */
export const diskBudgetBytes = 64 * 1024 * 1024;

/** The environment variable by which every process of a world says which one it belongs to. */
export const worldVariable = "AMPEL_SANDBOX";

/** The file that says "this folder is a sandbox and may be removed". */
export const markerName = ".ampel-sandbox";

/** Where things lie inside a world's folder. */
export function worldPaths(folder: string) {
  const inside = (...names: string[]): string => join(folder, ...names);
  return {
    marker: inside(markerName),
    world: inside("world.json"),
    configuration: inside("ampel.yaml"),
    appSettings: inside("config", "app.json"),
    control: (name: string) => inside("control", name),
    secret: (name: string) => inside("secrets", name),
    cache: inside("cache"),
    logs: inside("logs"),
    log: (name: ProgramName) => inside("logs", `${name}.log`),
    run: inside("run"),
    pidFile: (name: ProgramName) => inside("run", `${name}.pid`),
    /** Beside the pid file, written by the service control: pid, start tick and boot id. */
    identityFile: (name: ProgramName) => inside("run", `${name}.pid.identity`),
    /** Written by a program without a port when it works; the worker repeats it every second. */
    readyFile: (name: "worker" | "session") => inside("run", `${name}.heartbeat`),
    postgres: inside("postgres"),
  };
}

/** The file of one of our programs, as source or as built, whichever is running now. */
export function programPath(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}${extname(import.meta.url)}`, import.meta.url));
}

/** Reads a `world.json`; `undefined` when there is none, or none that we can read. */
export function readWorld(file: string): World | undefined {
  try {
    const world = JSON.parse(readFileSync(file, "utf8")) as Partial<World> | null;
    const isOurs = world?.format === 1 && typeof world.folder === "string" && world.ports !== undefined && world.postgres !== undefined;
    return isOurs ? (world as World) : undefined;
  } catch {
    return undefined;
  }
}

export function writeWorld(world: World): void {
  writeWhole(worldPaths(world.folder).world, `${JSON.stringify(world, null, 2)}\n`);
}

/** Writes a file so that a reader sees the old text or the new one, never a part. */
export function writeWhole(file: string, text: string | Buffer, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, file);
}
