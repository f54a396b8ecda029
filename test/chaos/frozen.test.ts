import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { begunNames, breakGround, unmarkedRepeats, until, type Driver, type Ground } from "./harness.ts";

let ground: Ground;
beforeAll(() => {
  ground = breakGround();
});
afterAll(() => ground.clear());

const frozenForMs = 10_000;

test("a process frozen for ten seconds and woken after takeover does nothing twice: in a step, in a wait, between steps", async () => {
  const scenes = {
    "in-step": { steps: 3, stepMs: 1500 },
    "in-wait": { steps: 3, waitAfter: 1, waitMs: 3000 },
    between: { steps: 60, stepMs: 20 },
  };
  const frozen = new Map<string, Driver>(Object.entries(scenes).map(([id, scene]) => [id, ground.drive({ runs: [id], scene })]));
  const second = ground.drive();
  await second.hear("ready", 30_000);
  const hasDone = (id: string, name: string) =>
    ground.readEffects().some(({ key, name: done }) => key.startsWith(`${id}:`) && done === name);
  await until(() => hasDone("in-step", "step-1") && hasDone("in-wait", "step-1") && hasDone("between", "step-3"), 30_000);
  for (const driver of frozen.values()) driver.signal("SIGSTOP");
  await pause(frozenForMs);
  for (const driver of frozen.values()) driver.signal("SIGCONT");
  for (const driver of frozen.values()) expect([75, 0]).toContain(await driver.ended);
  await until(() => hasDone("in-step", "step-3") && hasDone("in-wait", "step-3") && hasDone("between", "step-60"), 30_000);

  const effects = ground.readEffects();
  expect(unmarkedRepeats(effects)).toEqual([]);
  for (const id of ["in-wait", "between", "in-step"]) {
    const own = effects.filter(({ key }) => key.startsWith(`${id}:`));
    const repeated = begunNames(own).length - new Set(begunNames(own)).size;
    expect(repeated, `${id}: only what was in the air is repeated`).toBeLessThanOrEqual(1);
    const firstOfSecond = own.find(({ pid }) => pid === second.pid);
    const late = own.filter(({ pid, at, phase }) => pid !== second.pid && phase === "begun" && at > (firstOfSecond?.at ?? Infinity));
    expect(late, `${id}: the woken process begins nothing`).toEqual([]);
  }
}, 80_000);
