import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expandProbes } from "../config/expand.ts";
import { readConfigFile } from "../config/load.ts";
import { openHost } from "../integrations/host.ts";
import { systemClock } from "../kernel/clock.ts";
import { say } from "../kernel/message.ts";
import { findProbeKind } from "../probes/catalogue.ts";
import { causes } from "../probes/cause.ts";
import { runProbe, type Probe, type ProbeMemory, type ProbeResult } from "../probes/probe.ts";
import { writeWorldConfig } from "./configuration.ts";
import { faults } from "./faults.ts";
import { waitUntilHealthy } from "./health.ts";
import { startWorld } from "./start.ts";
import { stopWorld } from "./stop.ts";
import type { World } from "./world.ts";

const base = mkdtempSync(join(tmpdir(), "ampel-sandbox-test-"));
let world: World;
let probes: Probe[];

beforeAll(async () => {
  chmodSync(base, 0o755);
  process.env["AMPEL_STATE_DIR"] = join(base, "state");
  world = await startWorld({ folder: join(base, "world") });
  const { config } = await readConfigFile(writeWorldConfig(world));
  // The self-test of the playbooks speaks about them and not about the world, and needs the whole program around it.
  probes = expandProbes(config).filter(({ kind }) => kind !== "playbooks");
});

afterAll(async () => {
  await stopWorld(join(base, "world"));
  rmSync(base, { recursive: true, force: true });
});

/** One diagnosis that remembers nothing, as the first one after a start. */
async function diagnose(): Promise<(ProbeResult & { subject: string })[]> {
  return await Promise.all(
    probes.map(async (probe) => {
      const kind = findProbeKind(probe.kind);
      if (kind === undefined) throw new Error(`no probe of kind ${probe.kind}`);
      const host = openHost(probe.host, { via: "local" });
      return { ...(await runProbe(probe, kind, { clock: systemClock, host, memory: newMemory() })), subject: probe.subject };
    }),
  );
}

function newMemory(): ProbeMemory {
  const kept = new Map<string, unknown>();
  return { get: <Value>(name: string) => kept.get(name) as Value | undefined, set: (name, value) => void kept.set(name, value) };
}

const worries = (results: readonly (ProbeResult & { subject: string })[]): string[] =>
  results
    .filter(({ state }) => state !== "ok")
    .map((result) => `${result.probeId} ${result.state} ${result.cause ?? "-"}: ${say(result.message, "en")}`);

test("the configuration of a world is accepted, and its probes find nothing to complain about", async () => {
  // On a busy machine one page may be late once; damping is for that, and here the second look.
  await expect.poll(async () => worries(await diagnose()), { timeout: 10_000 }).toEqual([]);
  expect([...new Set(probes.map(({ kind }) => kind))].sort()).toEqual(["disk", "http", "postgres", "queue", "service", "vendor"]);
});

test("nothing but the world is watched: neither the load nor the disks of the machine", () => {
  expect(probes.map(({ kind }) => kind).filter((kind) => ["load", "memory", "clock-offset", "cron"].includes(kind))).toEqual([]);
  expect(probes.filter(({ kind }) => kind === "disk").map(({ spec }) => spec["path"])).toEqual([join(base, "world", "logs")]);
});

test.each(faults)("a diagnosis names $causes of $subject when $name is there", { timeout: 30_000 }, async (fault) => {
  await fault.inject(world);
  try {
    const named = async (): Promise<string[]> =>
      (await diagnose()).filter(({ subject }) => subject === fault.subject).map(({ cause }) => cause ?? "-");
    // "app-flapping" lives for five seconds, a forgotten session is one after three.
    await expect.poll(named, { timeout: 12_000, interval: 100 }).toContain(fault.causes[0]);
    expect(causes[fault.causes[0]]).toBeDefined();
  } finally {
    await fault.mend(world);
    await waitUntilHealthy(world, undefined, 15_000);
  }
});
