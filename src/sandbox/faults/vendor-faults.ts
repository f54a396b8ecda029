import { readFileSync, rmSync } from "node:fs";
import { message, type Message } from "../../kernel/message.ts";
import type { Cause } from "../../probes/cause.ts";
import type { Mood } from "../stand-ins/stand-in.ts";
import { worldPaths, writeWhole, type World } from "../world.ts";
import type { Fault } from "./fault.ts";

/** A vendor that misbehaves: nobody can repair it from here, so no playbook is named. */
function vendorFault(vendor: "retell" | "calcom", name: string, mood: Mood, cause: Cause, what: Message): Fault {
  return {
    name: `${vendor}-${name}`,
    what,
    causes: [cause],
    subject: vendor,
    inject: async (world) => setMood(world, vendor, mood),
    isInjected: async (world) => readMood(world, vendor) === mood,
    mend: async (world) => {
      if (readMood(world, vendor) === mood) setMood(world, vendor, "ok");
    },
  };
}

/** Tells a stand-in how to behave from its next answer on. */
export function setMood(world: World, vendor: "retell" | "calcom", mood: Mood): void {
  const control = worldPaths(world.folder).control(vendor);
  if (mood === "ok") rmSync(control, { force: true });
  else writeWhole(control, mood);
}

function readMood(world: World, vendor: "retell" | "calcom"): string {
  try {
    return readFileSync(worldPaths(world.folder).control(vendor), "utf8").trim();
  } catch {
    return "ok";
  }
}

export const vendorFaults: readonly Fault[] = [
  vendorFault("retell", "down", "down", "vendor-down", message("sandbox.fault.retell-down")),
  vendorFault("retell", "html", "html", "vendor-down", message("sandbox.fault.retell-html")),
  vendorFault("calcom", "suspended", "suspended", "vendor-auth", message("sandbox.fault.calcom-suspended")),
  vendorFault("calcom", "throttled", "throttled", "vendor-throttled", message("sandbox.fault.calcom-throttled")),
];
