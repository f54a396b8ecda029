import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { writePlaybook, type BlockText } from "../../src/playbooks/run.test-support.ts";
import { findFault } from "../../src/sandbox/faults.ts";
import { isWorldHealthy } from "../../src/sandbox/health.ts";
import { mendWorld } from "../../src/sandbox/mend.ts";
import { openGround, readWorldPids, type StoryGround } from "./world.ts";

let ground: StoryGround;
beforeAll(async () => void (ground = await openGround()), 60_000);
afterEach(async () => void (await mendWorld(ground.world)), 60_000);
afterAll(() => ground.clear(), 60_000);

const fixing = ["emergency-response", "--auto-fix"];

test("two responders at once: one acts, the other says so, and everything happens once", { timeout: 90_000 }, async () => {
  await findFault("worker-killed").inject(ground.world);
  const both = await Promise.all([ground.ask(fixing), ground.ask(fixing)]);
  const acting = both.filter(({ document }) => document.runs.length > 0);
  const watching = both.filter(({ document }) => document.runs.length === 0);
  expect([acting.length, watching.length]).toEqual([1, 1]);
  expect(acting[0]?.exitCode).toBe(0);
  // The second may have looked only after the first had cured: then there was nothing to say.
  if (watching[0]?.document.zone === "red") {
    expect(watching[0].exitCode).toBe(12);
    expect(watching[0].document.nextStep).toMatch(/another|andere/i);
  }
  const { document } = await ground.ask(["run:list"]);
  expect(document.runs).toHaveLength(1);
  expect(await isWorldHealthy(ground.world)).toBe(true);
});

test("a playbook that is edited during its run goes on with the text it began with", { timeout: 60_000 }, async () => {
  const folder = join(ground.folder, "own-playbooks");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "sample.md");
  const effects = join(ground.folder, "edited-effects");
  // Each writing step with what the linter demands: a host, a verify block, and nothing for "Run All".
  const step = (name: string, body: string): BlockText[] => [
    {
      name,
      risk: "write",
      role: "do",
      host: "local",
      interactive: "false",
      excludeFromRunAll: "true",
      reason: "a line in a file",
      timeout: "20s",
      idempotent: "no",
      body,
    },
    {
      name: `${name}-verify`,
      for: name,
      risk: "read",
      role: "verify",
      interactive: "false",
      timeout: "5s",
      body: `grep -q ${name} ${effects}`,
    },
  ];
  const text = (word: string): string =>
    writePlaybook([
      ...step("first", `echo ${word}-first >> ${effects}\nfor i in $(seq 100); do grep -q new ${file} && break; sleep 0.1; done`),
      ...step("second", `echo ${word}-second >> ${effects}`),
    ]);
  writeFileSync(file, text("old"));
  writeFileSync(effects, "");
  const config = ground.configure({ playbooks: { folders: [folder] } }, join(ground.folder, "own-playbooks.yaml"));
  const running = ground.start(["playbook:run", "sample", "--json"], { config });
  await expect.poll(() => readFileSync(effects, "utf8"), { timeout: 20_000 }).toContain("old-first");
  writeFileSync(file, text("new"));
  const { exitCode, stdout } = await running.ended;
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ state: "succeeded" });
  expect(readFileSync(effects, "utf8")).toBe("old-first\nold-second\n");
});

test("kill -9 in the middle leaves no second run behind, and the next call finishes the first", { timeout: 90_000 }, async () => {
  await findFault("app-killed").inject(ground.world);
  const known = (await ground.ask(["run:list"])).document.runs.length;
  const running = ground.start([...fixing, "--json"]);
  await running.saying(/service-down/);
  running.signal("SIGKILL");
  await running.ended;
  const { exitCode, document } = await ground.ask(fixing);
  expect([exitCode, document.zoneNow]).toEqual([0, "clear"]);
  expect((await ground.ask(["run:list"])).document.runs.length - known).toBe(1);
});

test("what an operator has paused stays as it is, with owner and reason, until the switch ends", { timeout: 60_000 }, async () => {
  expect((await ground.run(["config:set", "quiet.worker=true", "--for", "5m", "--reason", "planned work"])).exitCode).toBe(0);
  await findFault("worker-killed").inject(ground.world);
  const before = readWorldPids(ground.world);
  const { exitCode, document } = await ground.ask(fixing);
  expect([exitCode, document.runs]).toEqual([12, []]);
  expect(document.remaining.find(({ subject }) => subject === "worker")?.reason).toMatch(/planned work/);
  expect(readWorldPids(ground.world)).toEqual(before);
  expect((await ground.run(["config:set", "quiet.worker=false", "--for", "1m", "--reason", "done"])).exitCode).toBe(0);
});
