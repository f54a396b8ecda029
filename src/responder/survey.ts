import { existsSync, readFileSync } from "node:fs";
import type { App } from "../app.ts";
import { message, type Message } from "../kernel/message.ts";
import type { Probe, ProbeResult } from "../probes/probe.ts";
import { writableFolders } from "../store/state-folder.ts";
import type { ProbeHistory } from "../triage/damping.ts";
import { decidePicture, type Picture } from "../triage/triage.ts";
import type { Finding } from "../triage/finding.ts";
import { diagnose, look, type DiagnoseOptions } from "./diagnose.ts";

/** Looks at everything once and judges, unless the responder itself cannot see: then it says so and judges nobody. */
export async function survey(
  app: App,
  probes: readonly Probe[],
  options: DiagnoseOptions = {},
): Promise<{ picture: Picture; results: ProbeResult[]; histories: ReadonlyMap<string, ProbeHistory> }> {
  const histories = await diagnose(probes, { clock: app.clock, memory: app.memory, openHost: app.openHost }, options);
  const results = [...histories.values()].flatMap(({ recent }) => recent.slice(-1));
  const blindness = decideBlindness(probes, results, hasRoute());
  // Without any place to write, figures cannot be compared and nothing that is done could be written down.
  if (!app.memory.save() && writableFolders(app.journalFolders).length === 0) blindness.push(message("blind.memory"));
  return { picture: decidePicture(probes, histories, app.clock.now(), blindness), results, histories };
}

/** Whether any probe of a finding still sees it. Being unable to look counts as "still there". */
export async function seesStill(app: App, probes: readonly Probe[], { probeIds }: Finding, signal: AbortSignal): Promise<boolean> {
  const eyes = { clock: app.clock, memory: app.memory, openHost: app.openHost };
  const results = await Promise.all(probes.filter(({ id }) => probeIds.includes(id)).map((probe) => look(probe, eyes, signal)));
  return results.length === 0 || results.some(({ state }) => state !== "ok");
}

/**
 * Blind means: nothing outside this machine answers, and the machine has no way out.
 * Three subjects at least, or a single dead server would pass for a dead network.
 */
export function decideBlindness(probes: readonly Probe[], results: readonly ProbeResult[], isRouted: boolean): Message[] {
  const outside = probes.filter(isOutside);
  const states = new Map(results.map((result) => [result.probeId, result.state]));
  const subjects = new Set(outside.map(({ subject }) => subject));
  const isSilent = outside.every(({ id }) => states.get(id) === "down" || states.get(id) === "unknown");
  return !isRouted && subjects.size >= 3 && isSilent ? [message("blind.network")] : [];
}

function isOutside({ host, spec }: Probe): boolean {
  if (host !== "local") return true;
  const target = [spec["url"], spec["baseUrl"], spec["address"]].find((place) => typeof place === "string") ?? "";
  return target !== "" && !/^(\w+:\/\/)?(localhost|127\.|\[?::1)/.test(target);
}

/** A default route in the kernel's table (proc(5), `/proc/net/route`: destination 0 with the gateway flag). */
export function hasRoute(): boolean {
  if (!existsSync("/proc/net/route")) return true;
  const routes = readFileSync("/proc/net/route", "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"));
  const sixth = existsSync("/proc/net/ipv6_route") ? readFileSync("/proc/net/ipv6_route", "utf8") : "";
  return routes.some(([, destination]) => destination === "00000000") || /^0{32} 00 .*(?<!lo)$/m.test(sixth);
}
