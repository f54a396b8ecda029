import { readFileSync } from "node:fs";
import { deliveryFaultOf, faultOf, readMood, type Mood } from "../stand-ins/stand-in.ts";
import { isRunning, type ProcessIdentity } from "../process-identity.ts";
import type { VendorFault } from "../vendors/vendor-fault.ts";
import type { DeliveryFault } from "../vendors/webhook-sender.ts";
import { readWorld, worldPaths, type World } from "../world.ts";

/** What every vendor's process is started with. */
export type VendorStart = {
  readonly port: number;
  readonly key: string;
  readonly weather: () => VendorFault | undefined;
  readonly deliveryWeather: () => DeliveryFault | undefined;
};

/** Serves one vendor. Its mood is a file, read at every request: whoever may write there may change the weather. */
export async function serveVendor(name: "retell" | "calcom" | "twilio", start: (options: VendorStart) => Promise<unknown>): Promise<void> {
  const world = readWorld(process.argv[2] ?? "");
  if (world === undefined) throw new Error(`usage: ${name} WORLD.json`);
  const paths = worldPaths(world.folder);
  const port = (world.ports as Readonly<Record<string, number>>)[name];
  if (port === undefined) throw new Error(`this world has no port for ${name}`);
  const mood = (): Mood => moodIn(paths.control(name));
  await start({
    port,
    key: readFileSync(paths.secret(`${name}-key`), "utf8"),
    weather: () => faultOf(mood()),
    deliveryWeather: () => deliveryFaultOf(mood()),
  });
  process.once("SIGTERM", () => process.exit(0));
  if (world.owner !== undefined) watchOwner(world, world.owner);
}

const watchMs = 500;

/** No fault touches the stand-ins' processes: they see to it that nothing outlives a starter that was killed. */
function watchOwner({ folder }: World, owner: ProcessIdentity): void {
  setInterval(() => {
    if (isRunning(owner)) return;
    takeDown(folder).then(
      () => process.exit(0),
      () => {}, // the other stand-in is at it, or a process stays: once more
    );
  }, watchMs);
}

/** Loaded only when it is needed: a stand-in starts in a moment. */
async function takeDown(folder: string): Promise<void> {
  const { stopWorld } = await import("../stop.ts");
  await stopWorld(folder);
}

function moodIn(file: string): Mood {
  try {
    return readMood(readFileSync(file, "utf8"));
  } catch {
    return "ok";
  }
}
