import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import type { Switch } from "../../switches/switch.ts";
import { newBreaker, type Breaker } from "../breakers/breaker.ts";
import type { BreakersKeeper } from "../breakers/keep-breakers.ts";
import type { SwitchKeeper } from "./open-switch-view.ts";
import { checkSwitches, switchWarningJob } from "./switch-check.ts";

const now = Date.UTC(2026, 10, 23, 2, 0);
const clock = { ...systemClock, now: () => now };
const minute = 60_000;
const made = (key: string, value: string, setMinutesAgo: number, minutesLeft: number): Switch => ({
  key,
  value,
  reason: "Retell gestört",
  owner: "mara",
  setAt: now - setMinutesAgo * minute,
  expiresAt: now + minutesLeft * minute,
});
const view = (list: readonly Switch[], asOf = now): SwitchKeeper => ({
  isOn: () => false,
  value: () => true,
  list: () => list,
  asOf: () => asOf,
  close: async () => {},
});
const keeper = (breaker: Breaker = newBreaker(now)): BreakersKeeper =>
  ({ list: () => [{ vendor: "calcom", breaker, state: breaker.phase.state, isShared: true, seenAt: now }] }) as unknown as BreakersKeeper;
const check = (switches: SwitchKeeper, breakers = keeper()): ReturnType<typeof checkSwitches> =>
  checkSwitches({ switches, breakers, clock, language: "de" });

test("nothing set by anybody is well", () => {
  expect(check(view([]))).toMatchObject([{ id: "P14", state: "ok", summary: "Kein Schalter gesetzt, kein Schutzschalter von Hand" }]);
});

test("signatures not relied on: shown with owner, reason and end, as long as it lasts", () => {
  expect(check(view([made("webhook.verify_signature", "false", 5, 25)]))).toMatchObject([
    {
      subject: "webhook.verify_signature",
      state: "degraded",
      summary: "Schalter webhook.verify_signature=false, noch 25m (mara: Retell gestört)",
      evidence: { owner: "mara", value: "false", expiresAt: "2026-11-23T02:25:00.000Z", isEndingSoon: false },
    },
  ]);
});

test("a breaker forced by hand is shown, one that opened by itself is not a switch", () => {
  const forced = { by: "jonas", reason: "doppelte Buchungen", until: now + 10 * minute };
  const isolated: Breaker = { ...newBreaker(now), phase: { state: "isolated", since: now, forced } };
  expect(check(view([]), keeper(isolated))).toMatchObject([
    { subject: "calcom", state: "degraded", summary: "calcom abgetrennt durch jonas, noch 10m: doppelte Buchungen" },
  ]);
  const opened: Breaker = { ...newBreaker(now), phase: { state: "open", since: now, trialAfter: now } };
  expect(check(view([]), keeper(opened))).toMatchObject([{ state: "ok" }]);
});

test("switches nobody could read for a while are unknown, not well", () => {
  expect(check(view([], now - 5 * minute))).toMatchObject([{ state: "unknown", summary: expect.stringContaining("seit 5m") as string }]);
});

test("a switch that is about to end is said to once, beforehand", async () => {
  const told: string[] = [];
  const list = [
    made("retell.queue_mode", "true", 60, 9),
    made("calcom.use_cache_fallback", "true", 1, 60),
    made("quiet.web", "true", 3, 5),
  ];
  const job = switchWarningJob({ switches: view(list), clock }, (key) => void told.push(key));
  await job.run(AbortSignal.timeout(1000));
  await job.run(AbortSignal.timeout(1000));
  // Of a switch of eight minutes only the last two are "about to end".
  expect(told).toEqual(["retell.queue_mode"]);
  expect(check(view(list))[0]?.summary).toBe("Schalter retell.queue_mode=true endet in 9m von selbst (mara: Retell gestört)");
});
