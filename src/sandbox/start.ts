import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { systemClock } from "../kernel/clock.ts";
import { Failure } from "../kernel/failure.ts";
import { message, type Message } from "../kernel/message.ts";
import { findStateFolder } from "../store/state-folder.ts";
import { writeWorldConfig } from "./configuration.ts";
import { sowDatabase } from "./database.ts";
import { waitUntilHealthy } from "./health.ts";
import { launch } from "./launch.ts";
import { takeLock } from "./lock.ts";
import { findFreePorts } from "./ports.ts";
import { planPostgres, preparePostgres } from "./postgres.ts";
import { identify, type ProcessIdentity } from "./process-identity.ts";
import { forgetWorld, registerWorld } from "./registry.ts";
import { writeAppSettings } from "./settings.ts";
import { removeWorld } from "./stop.ts";
import { readWorld, worldPaths, writeWhole, writeWorld, type World } from "./world.ts";

export type StartOptions = {
  /** Empty or not there yet; default `defaultFolder()`. */
  readonly folder?: string;
  /** The world takes itself down when our process is gone, however it ended; default false. */
  readonly diesWithStarter?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (step: Message) => void;
};

/** The world of `ampel sandbox up`. */
export function defaultFolder(): string {
  return join(findStateFolder(), "sandbox");
}

/** A fresh folder for a rehearsal: nobody else uses it, and `stopWorld` removes it. */
export function makeRehearsalFolder(): string {
  return mkdtempSync(join(tmpdir(), "ampel-rehearsal-"));
}

/**
 * Builds a world of real processes in a folder of its own and waits until it works. The processes outlive us.
 * A start that fails or is aborted leaves nothing behind.
 * @throws {Failure} run-busy (another one is at it, or it is up already), refused-unsafe (the folder holds
 * something else), sandbox-failed
 */
export async function startWorld({
  folder: wanted = defaultFolder(),
  diesWithStarter = false,
  signal,
  onProgress = () => {},
}: StartOptions = {}): Promise<World> {
  const folder = resolve(wanted);
  const lock = await takeLock(folder);
  if (lock === undefined) throw new Failure("run-busy", message("sandbox.busy", { folder }), message("sandbox.busy-next"));
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await build(folder, { diesWithStarter, signal, onProgress });
      } catch (error) {
        // Between our choice of the ports and their use, somebody else may take one.
        if (attempt === 3 || !(error instanceof Failure && /EADDRINUSE|could not create any TCP/.test(error.message))) throw error;
      }
    }
  } finally {
    await lock.release();
  }
}

async function build(
  folder: string,
  { diesWithStarter, signal, onProgress }: Required<Pick<StartOptions, "diesWithStarter" | "onProgress">> & Pick<StartOptions, "signal">,
): Promise<World> {
  await claimFolder(folder);
  registerWorld(folder);
  try {
    onProgress(message("sandbox.step-plan", { folder }));
    const world = await completeWorld(await planWorld(folder, diesWithStarter ? identify(process.pid) : undefined), { signal, onProgress });
    await waitUntilHealthy(world, signal);
    return world;
  } catch (error) {
    // The reason why it did not start matters more than what could not be removed; `list` still shows that.
    await removeWorld(folder).then(
      () => forgetWorld(folder),
      () => {},
    );
    throw error;
  }
}

/** Makes the folder ours, or says why it cannot be. What a killed start left behind is cleared away: we hold the lock. */
async function claimFolder(folder: string): Promise<void> {
  const { marker, world } = worldPaths(folder);
  if (existsSync(marker)) {
    if (readWorld(world)?.phase === "up") {
      throw new Failure("run-busy", message("sandbox.exists", { folder }), message("sandbox.exists-next", { folder }));
    }
    await removeWorld(folder);
  }
  // Postgres runs under another account when we are root, and has to pass through.
  const mode = process.getuid?.() === 0 ? 0o755 : 0o700;
  mkdirSync(dirname(folder), { recursive: true, mode: 0o755 });
  mkdirSync(folder, { recursive: true, mode });
  if (readdirSync(folder).length > 0) {
    throw new Failure("refused-unsafe", message("sandbox.foreign-folder", { folder }), message("sandbox.foreign-folder-next"));
  }
  chmodSync(folder, mode);
  writeFileSync(marker, "This folder is a sandbox of Ampel. Everything in it is thrown away by: ampel sandbox down\n");
}

async function planWorld(folder: string, owner: ProcessIdentity | undefined): Promise<World> {
  const [postgres = 0, retell = 0, calcom = 0, app = 0] = await findFreePorts(4);
  const paths = worldPaths(folder);
  mkdirSync(join(folder, "secrets"), { mode: 0o700 });
  for (const name of ["retell", "calcom"]) writeWhole(paths.secret(`${name}-key`), `sandbox_${randomBytes(18).toString("hex")}`, 0o600);
  const world: World = {
    format: 1,
    folder,
    createdAt: systemClock.now(),
    phase: "starting",
    node: process.execPath,
    ports: { postgres, retell, calcom, app },
    postgres: planPostgres(folder),
    ...(owner === undefined ? {} : { owner }),
  };
  writeWorld(world);
  return world;
}

/** Brings up whatever of a world is missing; what is there stays as it is. Used by the first start and by mending. */
export async function completeWorld(
  world: World,
  { signal, onProgress = () => {} }: Pick<StartOptions, "signal" | "onProgress"> = {},
): Promise<World> {
  const paths = worldPaths(world.folder);
  for (const folder of [paths.logs, paths.run, paths.cache, dirname(paths.control(""))]) mkdirSync(folder, { recursive: true });
  writeAppSettings(world);
  onProgress(message("sandbox.step-database"));
  const database = async (): Promise<void> => {
    await preparePostgres(world, signal);
    await launch(world, "postgres", signal);
    await sowDatabase(world);
  };
  await Promise.all([database(), launch(world, "retell", signal), launch(world, "calcom", signal)]);
  onProgress(message("sandbox.step-services"));
  await Promise.all([launch(world, "worker", signal), launch(world, "app", signal)]);
  const complete: World = { ...world, phase: "up" };
  writeWorldConfig(complete);
  writeWorld(complete);
  return complete;
}

/** @throws {Failure} not-found when the folder holds no world that we can read */
export function openWorld(wanted = defaultFolder()): World {
  const folder = resolve(wanted);
  const { world: file, marker } = worldPaths(folder);
  const world = readWorld(file);
  if (world !== undefined) return world;
  const next = existsSync(marker) ? message("sandbox.unreadable-next", { folder }) : message("sandbox.no-world-next");
  throw new Failure("not-found", message("sandbox.no-world", { folder }), next);
}
