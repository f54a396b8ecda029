import type pg from "pg";
import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { checkEgress } from "./egress-check.ts";
import type { EgressMinute } from "./egress-rows.ts";
import type { EgressKeeper, EgressView } from "./open-egress.ts";

const now = Date.UTC(2026, 10, 23, 2, 0);
const clock = { ...systemClock, now: () => now };
const bucket = (given: Partial<EgressView> = {}): EgressView => ({
  bucket: "calcom:main",
  limitPerMinute: 100,
  sentLastMinute: 12,
  blockedUntil: 0,
  waiting: 0,
  isShared: true,
  ...given,
});
const minute = (given: Partial<EgressMinute>): EgressMinute => ({
  bucket: "calcom:main",
  minute: now,
  sent: 0,
  throttled: 0,
  refused: 0,
  ...given,
});
async function check(
  views: readonly EgressView[],
  minutes: readonly EgressMinute[] | undefined,
): Promise<Awaited<ReturnType<typeof checkEgress>>> {
  const pool = {
    query: () => (minutes === undefined ? Promise.reject(new Error("Connection terminated")) : Promise.resolve({ rows: minutes })),
  } as unknown as pg.Pool;
  return await checkEgress({ pool, egress: { list: () => views } as unknown as EgressKeeper, clock, language: "en" });
}

test.each<[what: string, view: Partial<EgressView>, minutes: readonly Partial<EgressMinute>[], expected: object]>([
  ["a quiet minute is well", {}, [], { state: "ok", summary: "calcom:main: 12 of 100 in the last minute" }],
  ["nine tenths of the limit are worth a word", { sentLastMinute: 90 }, [], { state: "degraded", cause: "vendor-throttled" }],
  ["a 429 is, too", {}, [{ throttled: 2 }], { state: "degraded", summary: "calcom:main: the vendor answered 429 2 times in 15 minutes" }],
  ["a key that waits", { blockedUntil: now + 90_000 }, [], { state: "degraded", summary: "calcom:main: blocked, 2m left" }],
  ["429 on another key is that key's", {}, [{ bucket: "calcom:acme", throttled: 9 }], { state: "ok" }],
])("%s", async (_, view, minutes, expected) => {
  expect(await check([bucket(view)], minutes.map(minute))).toMatchObject([{ id: "P8", subject: "calcom:main", ...expected }]);
});

test("a burst of 401 and 403 over the keys of a vendor looks like a suspended account", async () => {
  const few = [minute({ refused: 2 }), minute({ bucket: "retell", refused: 2 })];
  expect(await check([], few)).toMatchObject([{ subject: "egress", state: "ok" }]);
  expect(await check([], [...few, minute({ bucket: "calcom", refused: 3 })])).toMatchObject([
    { subject: "calcom", state: "down", cause: "vendor-auth", evidence: { refused: 5 } },
  ]);
});

test("without the store nobody knows what the others send", async () => {
  expect(await check([bucket()], undefined)).toMatchObject([{ state: "unknown" }]);
});
