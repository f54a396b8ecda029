import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
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

/** What the one command does about each fault that a playbook cures: playbook, zone, steps that must be done. */
const cured: Readonly<Record<string, { zone: string; playbook: string; steps: string[] }>> = {
  "postgres-killed": { zone: "red", playbook: "service-down", steps: ["look", "start", "prove"] },
  "app-killed": { zone: "red", playbook: "service-down", steps: ["look", "start", "prove"] },
  "worker-killed": { zone: "red", playbook: "service-down", steps: ["look", "start", "prove"] },
  "app-hung": { zone: "red", playbook: "service-(down|hung)", steps: ["look", "(re)?start", "prove"] },
  "disk-full": { zone: "red", playbook: "disk-full", steps: ["look", "free", "record"] },
};

describe.each(Object.entries(cured))("%s", (name, { zone, playbook, steps }) => {
  test("is found, cured by its playbook step by step, and proven to be gone", { timeout: 90_000 }, async () => {
    const fault = findFault(name);
    const before = readWorldPids(ground.world);
    await fault.inject(ground.world);
    const { exitCode, document } = await ground.ask(fixing);
    const [root] = document.findings.filter(({ mutedBy }) => mutedBy === undefined);
    expect([root?.cause, root?.subject, document.zone]).toEqual([fault.causes[0], fault.subject, zone]);
    expect(document.runs.map((run) => [run.state, run.subject])).toEqual([["succeeded", fault.subject]]);
    expect(document.runs[0]?.playbook).toMatch(new RegExp(`^${playbook}$`));
    expect(document.runs[0]?.steps.map((step) => `${step.name} ${step.state}`)).toEqual(steps.map((step) => expect.stringMatching(new RegExp(`^${step} done$`))));
    expect([exitCode, document.zoneNow, document.remaining]).toEqual([0, "clear", []]);
    expect(await fault.isInjected(ground.world)).toBe(false);
    expect(await isWorldHealthy(ground.world)).toBe(true);
    // What was healthy has been left alone.
    const after = readWorldPids(ground.world);
    const changed = Object.keys(after).filter((service) => after[service] !== before[service]);
    expect(changed).toEqual(name === "disk-full" ? [] : [fault.subject]);
  });
});

/** What waits for a person: the playbook looks, and asks before it acts. */
const asked = ["app-slow", "cache-bloated"];

test.each(asked)("%s is measured, and what would change something waits for a person", { timeout: 90_000 }, async (name) => {
  const fault = findFault(name);
  await fault.inject(ground.world);
  const before = readWorldPids(ground.world);
  const { exitCode, document } = await ground.ask(fixing);
  expect([document.zone, exitCode]).toEqual(["green", 10]);
  expect(document.findings.map(({ cause }) => cause)).toContain(fault.causes[0]);
  expect(document.runs.map(({ playbook, state }) => `${playbook} ${state}`)).toEqual(["system-slow needs-human"]);
  const acted = document.runs.flatMap(({ steps }) => steps).filter(({ name: step, state }) => !["measure", "sessions", "caches"].includes(step) && state === "done");
  expect(acted).toEqual([]);
  expect(document.remaining.every(({ reason }) => (reason ?? "") !== "")).toBe(true);
  expect(await fault.isInjected(ground.world)).toBe(true);
  expect(readWorldPids(ground.world)).toEqual(before);
});

/** Nobody may repair these without a person: zone, and the cause that is named. */
const leftAlone: Readonly<Record<string, { zone: string; cause: string; subject?: string }>> = {
  "table-dropped": { zone: "red", cause: "data-loss" },
  "queue-backlog": { zone: "yellow", cause: "queue-(backlog|stuck)" },
  "retell-down": { zone: "red", cause: "vendor-down" },
  "retell-html": { zone: "red", cause: "vendor-down" },
  "calcom-suspended": { zone: "yellow", cause: "vendor-auth" },
  "calcom-throttled": { zone: "(yellow|green)", cause: "vendor-throttled" },
};

describe.each(Object.entries(leftAlone))("%s", (name, { zone, cause }) => {
  test("is named with its zone and left alone, and nothing is changed", { timeout: 60_000 }, async () => {
    const fault = findFault(name);
    await fault.inject(ground.world);
    const before = readWorldPids(ground.world);
    const { exitCode, document } = await ground.ask(fixing);
    expect(document.zone).toMatch(new RegExp(`^${zone}$`));
    expect(exitCode).toBe(codes[document.zone]);
    expect(document.zoneNow).toBe(document.zone);
    expect(document.findings.map((finding) => `${finding.cause}/${finding.subject}`)).toContainEqual(expect.stringMatching(new RegExp(`^${cause}/${fault.subject}$`)));
    expect(document.runs).toEqual([]);
    expect(document.remaining.filter((rest) => rest.subject === fault.subject).every(({ reason }) => (reason ?? "") !== "")).toBe(true);
    expect(await fault.isInjected(ground.world)).toBe(true);
    expect(readWorldPids(ground.world)).toEqual(before);
  });
});

test("app-broken-config: the start is tried once, fails, and is not called a cure", { timeout: 90_000 }, async () => {
  const fault = findFault("app-broken-config");
  await fault.inject(ground.world);
  const { exitCode, document } = await ground.ask(fixing);
  expect([exitCode, document.zoneNow]).toEqual([12, "red"]);
  expect(document.runs.map(({ playbook, state }) => `${playbook} ${state}`)).toEqual(["service-down failed"]);
  expect(document.runs[0]?.steps.find(({ name }) => name === "start")).toMatchObject({ state: "failed" });
  expect(await fault.isInjected(ground.world)).toBe(true);
});

test("app-flapping: started once, seen to die again, and handed to a person instead of being started for ever", { timeout: 90_000 }, async () => {
  const fault = findFault("app-flapping");
  await fault.inject(ground.world);
  await expect.poll(async () => (await ground.ask(["health:check"])).exitCode, { timeout: 30_000 }).toBe(12);
  const { exitCode, document } = await ground.ask(fixing, { config: ground.configure({ automation: {} }, `${ground.folder}/strict.yaml`) });
  expect([exitCode, document.zoneNow]).toEqual([12, "red"]);
  const starts = document.runs.flatMap(({ steps }) => steps).filter(({ name, state }) => name === "start" && state === "done");
  expect(starts.length).toBeLessThanOrEqual(1);
  expect(document.remaining.some(({ subject, reason }) => subject === "app" && (reason ?? "") !== "")).toBe(true);
});

test("every fault of the sandbox has a story", () => {
  const told = [...Object.keys(cured), ...asked, ...Object.keys(leftAlone), "app-broken-config", "app-flapping"];
  expect(told.sort()).toEqual(faults.map(({ name }) => name).sort());
});
