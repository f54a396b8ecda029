import { existsSync, rmSync } from "node:fs";
import { message } from "../../kernel/message.ts";
import { freeze, halt, kill, launch, runningProgram, thaw } from "../launch.ts";
import { isStopped } from "../process-identity.ts";
import { readAppSettings, writeAppSettings } from "../settings.ts";
import { worldPaths, writeWhole, type ServiceName, type World } from "../world.ts";
import type { Fault } from "./fault.ts";

function killed(name: ServiceName, what: Fault["what"], causes: Fault["causes"] = ["service-down"]): Fault {
  return {
    name: `${name}-killed`,
    what,
    causes,
    subject: name,
    playbook: "red/service-down",
    inject: (world) => kill(world, name),
    isInjected: async (world) => runningProgram(world, name) === undefined,
    mend: async (world, signal) => void (await launch(world, name, signal)),
  };
}

const appHung: Fault = {
  name: "app-hung",
  what: message("sandbox.fault.app-hung"),
  causes: ["service-down", "unreachable"],
  subject: "app",
  playbook: "red/service-hung",
  inject: (world, signal) => freeze(world, "app", signal),
  async isInjected(world) {
    const running = runningProgram(world, "app");
    return running !== undefined && isStopped(running);
  },
  mend: async (world) => thaw(world, "app"),
};

/** How long the app lives after each start while it flaps. */
const flapAfterMs = 5000;

const appFlapping: Fault = {
  name: "app-flapping",
  what: message("sandbox.fault.app-flapping", { seconds: flapAfterMs / 1000 }),
  causes: ["service-down", "service-flapping"],
  subject: "app",
  async inject(world, signal) {
    const control = worldPaths(world.folder).control("app");
    if (existsSync(control)) return;
    writeWhole(control, String(flapAfterMs));
    // A restart nobody asked for, as the first death would have been; this one dies by itself.
    await halt(world, "app");
    await launch(world, "app", signal);
  },
  isInjected: async (world) => existsSync(worldPaths(world.folder).control("app")),
  async mend(world, signal) {
    if (!(await appFlapping.isInjected(world))) return;
    rmSync(worldPaths(world.folder).control("app"), { force: true });
    await restartApp(world, signal);
  },
};

const appBrokenConfig: Fault = {
  name: "app-broken-config",
  what: message("sandbox.fault.app-broken-config"),
  causes: ["service-down"],
  subject: "app",
  async inject(world) {
    writeWhole(worldPaths(world.folder).appSettings, '{ "pageSize": 20,\n');
    await kill(world, "app");
  },
  isInjected: async (world) => !areSettingsReadable(world),
  async mend(world, signal) {
    if (areSettingsReadable(world)) return;
    writeAppSettings(world, { isForced: true });
    await restartApp(world, signal);
  },
};

async function restartApp(world: World, signal?: AbortSignal): Promise<void> {
  await halt(world, "app");
  await launch(world, "app", signal);
}

function areSettingsReadable(world: World): boolean {
  try {
    readAppSettings(worldPaths(world.folder).appSettings);
    return true;
  } catch {
    return false;
  }
}

/** An app that does not run because of its settings looks killed as well: the settings are mended first. */
export const processFaults: readonly Fault[] = [
  killed("postgres", message("sandbox.fault.postgres-killed"), ["service-down", "database-down"]),
  appBrokenConfig,
  killed("app", message("sandbox.fault.app-killed")),
  killed("worker", message("sandbox.fault.worker-killed")),
  appHung,
  appFlapping,
];
