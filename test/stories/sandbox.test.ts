import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { faults, findFault } from "../../src/sandbox/faults.ts";
import { isWorldHealthy } from "../../src/sandbox/health.ts";
import { mendWorld } from "../../src/sandbox/mend.ts";
import { openGround, readWorldPids, type StoryGround } from "./world.ts";

let ground: StoryGround;
beforeAll(async () => {
  ground = await openGround();
  // The first look is the one that later ones are compared with: a table that is gone was there then.
  expect((await ground.ask(["health:check"])).exitCode).toBe(0);
}, 60_000);
afterEach(async () => void (await mendWorld(ground.world)), 60_000);
afterAll(() => ground.clear(), 60_000);

const fixing = ["emergency-response", "--auto-fix"];
const codes: Readonly<Record<string, number>> = { green: 10, yellow: 11, red: 12 };

/** What the one command does about each fault that a playbook cures, in groups that do not hide one another. */
const cured: readonly (readonly { fault: string; subject?: string; cause?: string; playbook: string; steps: string[] }[])[] = [
  [{ fault: "postgres-killed", playbook: "service-down", steps: ["look", "start", "prove"] }],
  [
    { fault: "disk-full", playbook: "disk-full", steps: ["look", "free", "record"] },
    { fault: "app-killed", playbook: "service-down", steps: ["look", "start", "prove"] },
  ],
  [
    { fault: "app-hung", playbook: "service-(down|hung)", steps: ["look", "(re)?start", "prove"] },
    // The worker stands still: the backlog is its symptom, and empties by itself once it works again.
    { fault: "queue-backlog", subject: "worker", cause: "service-down", playbook: "service-down", steps: ["look", "start", "prove"] },
  ],
  [{ fault: "worker-killed", playbook: "service-down", steps: ["look", "start", "prove"] }],
];

test.each(cured.map((group) => [group.map(({ fault }) => fault).join(" and "), group] as const))(
  "%s: found, cured by their playbooks step by step, and proven to be gone",
  async (_, group) => {
    const before = readWorldPids(ground.world);
    for (const { fault } of group) await findFault(fault).inject(ground.world);
    const { exitCode, document, stderr } = await ground.ask(fixing);
    expect(document.zone, stderr).toBe("red");
    for (const { fault, playbook, steps, ...own } of group) {
      const { causes, subject } = { ...findFault(fault), ...own };
      const heard = document.findings.filter((finding) => finding.mutedBy === undefined && finding.subject === subject);
      expect(heard.map(({ cause }) => cause)).toContain(own.cause ?? causes[0]);
      const run = document.runs.find((each) => each.subject === subject);
      expect(run).toMatchObject({ state: "succeeded", playbook: expect.stringMatching(new RegExp(`^${playbook}$`)) });
      expect(run?.steps.map((step) => `${step.name} ${step.state}`)).toEqual(
        steps.map((step) => expect.stringMatching(new RegExp(`^${step} done$`))),
      );
    }
    expect(document.runs).toHaveLength(group.length);
    expect([exitCode, document.zoneNow, document.remaining]).toEqual([0, "clear", []]);
    for (const { fault } of group) expect(await findFault(fault).isInjected(ground.world)).toBe(false);
    expect(await isWorldHealthy(ground.world)).toBe(true);
    // What was healthy has been left alone.
    const after = readWorldPids(ground.world);
    const treated = group.map(({ fault, subject }) => subject ?? findFault(fault).subject).filter((subject) => subject in after);
    expect(
      Object.keys(after)
        .filter((service) => after[service] !== before[service])
        .sort(),
    ).toEqual(treated.sort());
  },
  90_000,
);

/** What waits for a person: the playbook looks, clears what is named as a cache, and asks before it ends anybody's session. */
const asked = ["app-slow"];
const unasked: ReadonlySet<string> = new Set(["measure", "sessions", "clear-caches"]);

test("cache-bloated: the named cache is cleared, nobody's session is ended, and the pages are fast again", async () => {
  const fault = findFault("cache-bloated");
  await fault.inject(ground.world);
  const before = readWorldPids(ground.world);
  const { exitCode, document } = await ground.ask(fixing);
  expect(document.zone).toBe("green");
  const [run] = document.runs;
  expect([run?.playbook, run?.subject, run?.state]).toEqual(["system-slow", "app", "succeeded"]);
  expect(run?.steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
    "measure done",
    "sessions done",
    "clear-caches done",
    "reconnect skipped",
    "prove done",
  ]);
  expect([exitCode, document.remaining]).toEqual([0, []]);
  expect(await fault.isInjected(ground.world)).toBe(false);
  expect(readWorldPids(ground.world)).toEqual(before);
}, 90_000);

test.each(asked)(
  "%s is measured, and what would change something waits for a person",
  async (name) => {
    const fault = findFault(name);
    await fault.inject(ground.world);
    const before = readWorldPids(ground.world);
    const { exitCode, document } = await ground.ask(fixing);
    expect([document.zone, exitCode]).toEqual(["green", 10]);
    expect(document.findings.map(({ cause }) => cause)).toContain(fault.causes[0]);
    expect(document.runs.map(({ playbook, state }) => `${playbook} ${state}`)).toEqual(["system-slow needs-human"]);
    expect(document.runs.flatMap(({ steps }) => steps).filter((step) => !unasked.has(step.name) && step.state === "done")).toEqual([]);
    expect(document.remaining.filter(({ mutedBy, reason }) => mutedBy === undefined && (reason ?? "") === "")).toEqual([]);
    expect(await fault.isInjected(ground.world)).toBe(true);
    expect(readWorldPids(ground.world)).toEqual(before);
  },
  90_000,
);

/** Nobody may repair these without a person: the cause that is named, and the zone of all. */
const leftAlone: readonly { zone: string; faults: Readonly<Record<string, string>> }[] = [
  { zone: "red", faults: { "table-dropped": "data-loss" } },
  { zone: "yellow", faults: { "retell-down": "vendor-down", "calcom-suspended": "vendor-auth" } },
  { zone: "(yellow|green)", faults: { "retell-html": "vendor-down", "calcom-throttled": "vendor-throttled" } },
];

test.each(leftAlone.map((group) => [Object.keys(group.faults).join(" and "), group] as const))(
  "%s: named with zone and reason, left alone, and nothing is changed",
  async (_, { zone, faults: given }) => {
    for (const name of Object.keys(given)) await findFault(name).inject(ground.world);
    const before = readWorldPids(ground.world);
    const { exitCode, document } = await ground.ask(fixing);
    expect(document.zone).toMatch(new RegExp(`^${zone}$`));
    expect([exitCode, document.zoneNow]).toEqual([codes[document.zone], document.zone]);
    const named = document.findings.map(({ cause, subject }) => `${cause}/${subject}`);
    expect(named).toEqual(expect.arrayContaining(Object.entries(given).map(([name, cause]) => `${cause}/${findFault(name).subject}`)));
    expect(document.runs).toEqual([]);
    expect(document.remaining.filter(({ mutedBy, reason }) => mutedBy === undefined && (reason ?? "") === "")).toEqual([]);
    for (const name of Object.keys(given)) expect(await findFault(name).isInjected(ground.world)).toBe(true);
    expect(readWorldPids(ground.world)).toEqual(before);
  },
  60_000,
);

test("app-broken-config: the start is tried once, fails, and is not called a cure", { timeout: 90_000 }, async () => {
  const fault = findFault("app-broken-config");
  await fault.inject(ground.world);
  const { exitCode, document } = await ground.ask(fixing);
  expect([exitCode, document.zoneNow]).toEqual([12, "red"]);
  expect(document.runs.map(({ playbook, state }) => `${playbook} ${state}`)).toEqual(["service-down failed"]);
  expect(document.runs[0]?.steps.find(({ name }) => name === "start")).toMatchObject({ state: "failed" });
  expect(await fault.isInjected(ground.world)).toBe(true);
});

test(
  "app-flapping: started once, seen to die again, and handed to a person instead of being started for ever",
  { timeout: 90_000 },
  async () => {
    const fault = findFault("app-flapping");
    await fault.inject(ground.world);
    await expect.poll(async () => (await ground.ask(["health:check"])).exitCode, { timeout: 30_000 }).toBe(12);
    const { exitCode, document } = await ground.ask(fixing, {
      config: ground.configure({ automation: {} }, `${ground.folder}/strict.yaml`),
    });
    expect([exitCode, document.zoneNow]).toEqual([12, "red"]);
    const starts = document.runs.flatMap(({ steps }) => steps).filter(({ name, state }) => name === "start" && state === "done");
    expect(starts.length).toBeLessThanOrEqual(1);
    expect(document.remaining.some(({ subject, reason }) => subject === "app" && (reason ?? "") !== "")).toBe(true);
  },
);

test("every fault of the sandbox has a story", () => {
  const told = [
    ...cured.flat().map(({ fault }) => fault),
    ...asked,
    "cache-bloated",
    ...leftAlone.flatMap((group) => Object.keys(group.faults)),
    "app-broken-config",
    "app-flapping",
  ];
  expect(told.sort()).toEqual(faults.map(({ name }) => name).sort());
});
