import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rigMissing } from "../../test/rig/availability.ts";
import { startLab, type BootedHost, type Lab } from "../../test/rig/booted-host.ts";
import { checkConfig } from "../config/check.ts";
import { expandProbes } from "../config/expand.ts";
import { readConfigFile } from "../config/load.ts";
import { openHost } from "../integrations/host.ts";
import { systemClock } from "../kernel/clock.ts";
import { findProbeKind } from "../probes/catalogue.ts";
import { runProbe } from "../probes/probe.ts";
import { inspectMachine, writeProposal } from "./init.ts";

const missing = rigMissing();
const whySkipped = missing === undefined ? "" : ` (skipped: ${missing})`;
const limitMs = 90_000;

describe.skipIf(missing)(
  `init over ssh on a booted server${whySkipped}`,
  () => {
    let lab: Lab;
    let server: BootedHost;
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "ampel-init-rig-"));
      lab = await startLab();
      server = await lab.bootHost({ name: "gateway" });
    }, limitMs);
    afterAll(async () => {
      await lab?.stop();
      await rm(folder, { recursive: true, force: true });
    }, limitMs);

    test(
      "what runs there is found, the proposal passes the check, and its probes see it running",
      async () => {
        const signal = AbortSignal.timeout(60_000);
        const remote = { name: "gateway", target: server.sshTarget, configFile: server.sshConfigFile };
        const host = openHost("gateway", { via: "ssh", target: remote.target, configFile: remote.configFile });
        const facts = await inspectMachine({ host, signal });
        expect(facts.hasSystemd).toBe(true);
        expect(facts.units.filter(({ isRunning }) => isRunning).map(({ name }) => name)).toEqual(
          expect.arrayContaining(["cron", "mariadb", "nginx", "php8.2-fpm", "postgresql@15-main", "redis-server", "ssh", "supervisor"]),
        );
        expect(facts.units.map(({ name }) => name)).not.toContain("postgresql");
        expect(facts.programs.map(({ name }) => name)).toEqual(["worker"]);
        expect(facts.ports.map(({ port }) => port)).toEqual(expect.arrayContaining([22, 80, 3306]));

        const { file, findings } = await writeProposal(facts, join(folder, "ampel.yaml"), signal, remote);
        const loaded = await readConfigFile(file);
        expect(
          (await checkConfig(loaded, { signal, canConnect: true })).filter(
            ({ level, field }) => level === "error" && field.startsWith("hosts"),
          ),
        ).toEqual([]);
        expect(findings.map(({ what }) => what.key)).toContain("config.nobody");

        const probes = expandProbes(loaded.config).filter(({ kind }) => ["service", "disk", "memory", "load"].includes(kind));
        expect(probes.length).toBeGreaterThan(10);
        const results = await Promise.all(
          probes.map(async (probe) => {
            const memory = new Map<string, unknown>();
            const kind = findProbeKind(probe.kind);
            if (kind === undefined) throw new TypeError(probe.kind);
            const remember = {
              get: <Value>(key: string) => memory.get(key) as Value | undefined,
              set: (key: string, value: unknown) => void memory.set(key, value),
            };
            const { state } = await runProbe({ ...probe, deadlineMs: 20_000 }, kind, {
              host,
              clock: systemClock,
              memory: remember,
              signal,
            });
            return `${probe.id} ${state}`;
          }),
        );
        const idle = new Set(facts.units.filter(({ isRunning }) => isRunning === false).map(({ name }) => name));
        expect(
          results.filter((line) => line.startsWith("service.") && !line.endsWith(" ok") && ![...idle].some((name) => line.includes(name))),
        ).toEqual([]);
      },
      limitMs,
    );
  },
  limitMs,
);
