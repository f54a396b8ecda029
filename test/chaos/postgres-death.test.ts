import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { begunNames, breakGround, isLong, unmarkedRepeats, until, type Ground } from "./harness.ts";

let ground: Ground;
beforeAll(() => {
  ground = breakGround();
});
afterEach(() => ground.endDrivers());
afterAll(() => ground.clear());

test("postgres killed -9 in the middle of a run comes back by itself, and the run goes on within seconds, each effect once", async () => {
  const driver = ground.drive({ runs: ["one"], scene: { steps: 10, stepMs: 250 } });
  await until(() => ground.readEffects("one").some(({ name, phase }) => name === "step-3" && phase === "begun"), 30_000);
  const pid = ground.postmasterPid();
  process.kill(pid, "SIGKILL");
  const killedAt = Date.now();
  const next = await until(() => ground.readEffects("one").find(({ name, at }) => name === "step-4" && at > killedAt));
  expect(next.at - killedAt).toBeLessThan(8000);
  expect(await driver.hear("result")).toMatchObject({ value: { done: Array.from({ length: 10 }, (_, index) => `step-${index + 1}`) } });
  expect(begunNames(ground.readEffects("one"))).toHaveLength(10);
  expect(ground.postmasterPid()).not.toBe(pid);
  console.log(JSON.stringify({ figure: "next step after kill -9 of the postmaster", ms: next.at - killedAt }));
}, 60_000);

test("postgres stopped in an orderly way by somebody else is as harmless: a missing socket is no final error", async () => {
  const driver = ground.drive({ runs: ["orderly"], scene: { steps: 6, stepMs: 250 } });
  await until(() => ground.readEffects("orderly").some(({ name, phase }) => name === "step-2" && phase === "begun"), 30_000);
  process.kill(ground.postmasterPid(), "SIGINT");
  await driver.hear("result");
  expect(begunNames(ground.readEffects("orderly"))).toHaveLength(6);
}, 60_000);

test("a run that waits while postgres dies is woken on time", async () => {
  const driver = ground.drive({ runs: ["waiting"], scene: { steps: 2, waitAfter: 1, waitMs: 4000 } });
  await until(() => ground.readEffects("waiting").some(({ name, phase }) => name === "step-1" && phase === "ended"), 30_000);
  process.kill(ground.postmasterPid(), "SIGKILL");
  const { value } = (await driver.hear("result")) as unknown as { value: { waitedMs: number } };
  expect(value.waitedMs).toBeGreaterThan(3700);
  expect(value.waitedMs).toBeLessThan(9000);
}, 60_000);

test("postgres killed -9 while another process takes over strands no run", async () => {
  const runs = Array.from({ length: isLong ? 50 : 15 }, (_, index) => `stranded-${index}`);
  const second = ground.drive();
  await second.hear("ready");
  const first = ground.drive({ runs, scene: { steps: 4, stepMs: 200 } });
  await until(() => ground.readEffects("stranded-").filter(({ name }) => name === "step-2").length > 5, 30_000);
  first.signal("SIGKILL");
  await until(() => ground.readEffects("stranded-").some(({ pid }) => pid === second.pid));
  process.kill(ground.postmasterPid(), "SIGKILL");
  await until(
    () => ground.readEffects("stranded-").filter(({ name, phase }) => name === "step-4" && phase === "ended").length >= runs.length,
    40_000,
  );
  const effects = ground.readEffects("stranded-");
  expect(unmarkedRepeats(effects)).toEqual([]);
  expect(new Set(effects.filter(({ phase }) => phase === "ended").map(({ key }) => key)).size).toBe(runs.length * 4);
}, 90_000);

test("a postgres that hangs for eight seconds costs nobody its runs", async () => {
  const drivers = ["left", "right"].map((side) => ground.drive({ runs: [`hung-${side}`], scene: { steps: 8, stepMs: 250 } }));
  await until(() => ground.readEffects("hung-").filter(({ name }) => name === "step-2").length >= 2, 30_000);
  const server = [ground.postmasterPid(), ...childrenOf(ground.postmasterPid())];
  for (const pid of server) process.kill(pid, "SIGSTOP");
  await pause(8000);
  for (const pid of server) process.kill(pid, "SIGCONT");
  for (const driver of drivers) await driver.hear("result", 20_000);
  expect(drivers.flatMap(({ sayings }) => sayings.filter(({ what }) => what === "lost"))).toEqual([]);
  expect(begunNames(ground.readEffects("hung-"))).toHaveLength(16);
}, 60_000);

function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((candidate) => candidate > 0 && parentOf(candidate) === pid);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
