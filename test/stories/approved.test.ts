import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { findFault } from "../../src/sandbox/faults.ts";
import { isWorldHealthy } from "../../src/sandbox/health.ts";
import { mendWorld } from "../../src/sandbox/mend.ts";
import { worldPaths } from "../../src/sandbox/world.ts";
import { openGround, type StoryGround } from "./world.ts";

const hasTerminal = spawnSync("script", ["--version"]).status === 0;
const hasMemoryDisk = spawnSync("test", ["-w", "/dev/shm"]).status === 0;

let ground: StoryGround;
beforeAll(async () => void (ground = await openGround()), 60_000);
afterEach(async () => void (await mendWorld(ground.world)), 60_000);
afterAll(() => ground.clear(), 60_000);

const question = /alles andere/;

describe.skipIf(!hasTerminal)("with a person at the terminal (needs script: apt-get install bsdutils)", () => {
  test("system-slow: the forgotten session is shown, ended after a yes, and the system is fast again", { timeout: 120_000 }, async () => {
    const fault = findFault("app-slow");
    await fault.inject(ground.world);
    const { exitCode, stdout } = await ground.run(["emergency-response", "--auto-fix"], { typing: [[question, "ja"]], limitMs: 110_000 });
    expect(stdout).toMatch(/ampel db:reconnect/);
    expect(stdout).toMatch(/✓\S* reconnect/);
    expect(await fault.isInjected(ground.world), stdout).toBe(false);
    expect(exitCode, stdout).toBe(0);
    expect(await isWorldHealthy(ground.world)).toBe(true);
  });

  test("anything but a yes is a no, and nothing is changed", { timeout: 120_000 }, async () => {
    const fault = findFault("app-slow");
    await fault.inject(ground.world);
    const { exitCode, stdout } = await ground.run(["playbook:run", "system-slow", "--subject", "app"], {
      typing: [[question, "j"]],
      limitMs: 110_000,
    });
    expect(exitCode, stdout).toBe(10);
    expect(stdout).toMatch(/abgelehnt/);
    expect(await fault.isInjected(ground.world)).toBe(true);
  });

  test.skipIf(!hasMemoryDisk)(
    "disk-full with a park, and its return: what was moved away comes back, the same files",
    { timeout: 120_000 },
    async () => {
      const { logs } = worldPaths(ground.world.folder);
      const park = join("/dev/shm", `ampel-story-park-${process.pid}`);
      mkdirSync(park);
      try {
        const rules = { disposables: { "rotated-logs": { paths: [`${logs}/*.log.*`], olderThan: "1h", park } } };
        const config = ground.configure(rules, join(ground.folder, "park.yaml"));
        await findFault("disk-full").inject(ground.world);
        const before = readdirSync(logs).sort();
        const { exitCode, document } = await ground.ask(["emergency-response", "--auto-fix"], { config });
        expect([exitCode, document.runs.find(({ playbook }) => playbook === "disk-full")?.state]).toEqual([0, "succeeded"]);
        expect(readdirSync(logs).filter((name) => /log\.\d/.test(name))).toEqual([]);
        // Room for what comes back, as a person would make it.
        const roomy = ground.configure(
          {
            ...rules,
            hosts: {
              local: {
                address: "local",
                disks: [{ path: logs, budget: 512 * 1024 * 1024, warnPercent: 98, fullPercent: 99, fullWithin: "1s", every: "1s" }],
                memory: false,
                load: false,
                clock: false,
                cron: false,
              },
            },
          },
          join(ground.folder, "roomy.yaml"),
        );
        const back = await ground.run(["playbook:run", "disk-full-return", "--subject", "local"], {
          config: roomy,
          typing: [[question, "ja"]],
          limitMs: 110_000,
        });
        expect(back.exitCode, back.stdout).toBe(0);
        expect(readdirSync(logs).sort()).toEqual(before);
      } finally {
        rmSync(park, { recursive: true, force: true });
      }
    },
  );
});

test("service-hung, chosen by hand for an app that stands still, restarts it and nothing else", { timeout: 90_000 }, async () => {
  await findFault("app-hung").inject(ground.world);
  const { exitCode, stdout } = await ground.run(["playbook:run", "service-hung", "--subject", "app", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    playbook: "service-hung",
    state: "succeeded",
    steps: [
      { name: "look", state: "done" },
      { name: "restart", state: "done" },
      { name: "prove", state: "done" },
    ],
  });
  expect(exitCode).toBe(0);
  expect(await isWorldHealthy(ground.world)).toBe(true);
});

const carriedOut = [
  ...["disk-full", "disk-full-return", "service-down", "service-hung", "system-slow"], // here or in sandbox.test.ts
  ...["calcom-sync-failed", "calcom-sync-failed-return", "retell-unreachable", "retell-unreachable-return"], // gateway-drills.test.ts
  ...["calls-failing", "calls-failing-return", "webhooks-missing", "webhooks-missing-return"], // gateway-webhooks.test.ts
];

test("every shipped playbook has been carried out in a story", async () => {
  const { document } = await ground.ask(["playbook:list"]);
  const ids = (document as unknown as { playbooks: { id: string }[] }).playbooks.map(({ id }) => id);
  expect(ids.sort()).toEqual(carriedOut.toSorted());
});
