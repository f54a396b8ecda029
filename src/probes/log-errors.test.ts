import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMemory, createMovedClock, lookOnce } from "../../test/probe-look.ts";
import { errorPattern, fingerprintOf, recentLines } from "./log-errors-fingerprint.ts";
import { logErrorsProbe } from "./log-errors.ts";

test.each([
  [
    "[2026-03-01 03:00:12] production.ERROR: SQLSTATE[42S02]: Table 'app.calls' not found (1146)",
    "[2026-03-02 07:10:59] production.ERROR: SQLSTATE[42S02]: Table 'app.users' not found (1147)",
  ],
  [
    "2026-03-01T03:00:12.1Z ERROR call 3f2a9c1d8e7b for erika@example.test failed",
    "2026-03-01T04:01:13.9+01:00 ERROR call 99aab3c4d5e6 for max@example.test failed",
  ],
  [
    '{"level":"error","time":1700000000,"msg":"caller +49 30 1234567 lost"}',
    '{"level":"error","time":1700000999,"msg":"caller +49 171 5550123 lost"}',
  ],
  [
    "Mar  1 03:00:12 web php[123]: PHP Fatal error: out of memory in /srv/releases/41/a.php:12",
    "Mar  2 13:10:12 web php[9]: PHP Fatal error: out of memory in /srv/releases/42/a.php:12",
  ],
])("%s has the fingerprint of its like", (one, other) => {
  expect(fingerprintOf(one)).toBe(fingerprintOf(other));
});

test("different faults have different fingerprints, and nothing personal is in one", () => {
  expect(fingerprintOf("ERROR no such table")).not.toBe(fingerprintOf("ERROR no such column"));
  expect(fingerprintOf("ERROR mail to erika@example.test and +49 30 1234567")).toBe("ERROR mail to [e-mail] and [phone]");
});

test.each([
  ["[2026-03-01 03:00:12] production.ERROR: x", true],
  ["2026/03/01 03:00:12 [crit] 7#7: *1 connect() failed", true],
  ['{"level":50,"msg":"x"}', true],
  ["TypeError: undefined is not a function", true],
  ["kernel: Out of memory: Killed process 7", true],
  ["[2026-03-01 03:00:12] production.INFO: no error here", false],
  ['GET /errors 200 "terror"', false],
])("%s counts: %s", (line, wanted) => {
  expect(errorPattern.test(line)).toBe(wanted);
});

test("of an old log only the last minutes count, in UTC or in the host's zone, with the lines that follow", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  const text =
    "no time\n[2026-03-01 10:00:00] ERROR old\n  its trace\n[2026-03-01 13:58:00] ERROR local\n  its trace\n2026-03-01T11:59:00Z ERROR utc\n2026-03-01T11:59:00+05:00 ERROR elsewhere";
  expect(recentLines(text, now, 300_000, 120)).toBe("[2026-03-01 13:58:00] ERROR local\n  its trace\n2026-03-01T11:59:00Z ERROR utc");
});

let folder = "";
let file = "";
let given: { memory: ReturnType<typeof createMemory>; clock: ReturnType<typeof createMovedClock> };
const look = (more: object = {}) => {
  given.clock.advance(5_000);
  return lookOnce(logErrorsProbe, { file, warnPerMinute: 0.2, ...more }, given);
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ampel-log-"));
  file = join(folder, "it is.log");
  given = { memory: createMemory(), clock: createMovedClock() };
  writeFileSync(file, "");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("each error counts once, however the lines are cut by the looks", async () => {
  const text = Array.from({ length: 30 }, (_, index) => `ERROR fault ${index}\nINFO fine\n`).join("");
  const [parts] = fc.sample(fc.array(fc.integer({ min: 0, max: text.length }), { minLength: 4, maxLength: 4 }), 1);
  const cuts = [0, ...(parts ?? []).toSorted((left, right) => left - right), text.length];
  await look();
  for (const [index, cut] of cuts.slice(1).entries()) {
    appendFileSync(file, text.slice(cuts[index], cut));
    await look();
  }
  expect((await look()).measures).toMatchObject({ errors: 30, kinds: 1 });
});

test("rotation loses nothing, neither the end of the old file nor the beginning of the new one", async () => {
  await look();
  appendFileSync(file, "ERROR one\n");
  await look();
  appendFileSync(file, "ERROR two\nERROR thr");
  await look();
  appendFileSync(file, "ee\n");
  renameSync(file, `${file}.1`);
  writeFileSync(file, "ERROR four\n");
  const seen = await look();
  expect(seen.measures).toMatchObject({ errors: 4 });
  expect(seen.evidence).toContain("ERROR three");
});

test("a truncated file is read from its beginning", async () => {
  appendFileSync(file, "INFO long enough to be longer than what comes\n");
  await look();
  truncateSync(file);
  appendFileSync(file, "ERROR after\n");
  expect((await look()).measures).toMatchObject({ errors: 1 });
});

test("a flood is read in bounded pieces, and what was skipped is said", async () => {
  await look();
  appendFileSync(file, "ERROR flood of the same\n".repeat(20_000));
  const seen = await look({ maxBytesPerLook: 8_192 });
  expect(seen).toMatchObject({ state: "down", cause: "log-errors" });
  expect(seen.measures?.["skippedBytes"]).toBe(20_000 * 24 - 8_192);
  expect((await look({ maxBytesPerLook: 8_192 })).measures?.["skippedBytes"]).toBeUndefined();
});

test("binary rubbish and endless lines do no harm", async () => {
  await look();
  appendFileSync(
    file,
    Buffer.concat([Buffer.alloc(3_000, 0), Buffer.from("\nERROR after nulls\n"), Buffer.alloc(200_000, 0xff), Buffer.from("\n")]),
  );
  expect((await look()).measures).toMatchObject({ errors: 1 });
});

test("errors leave the window, and a kind that was never there is called new", async () => {
  await look();
  appendFileSync(file, "ERROR usual\n");
  await look();
  given.clock.advance(400_000);
  expect(await look()).toMatchObject({ state: "ok", measures: { errors: 0 } });
  appendFileSync(file, "ERROR usual\nERROR unusual\n".repeat(3));
  const seen = await look();
  expect(seen).toMatchObject({ state: "degraded", measures: { newKinds: 1, kinds: 2 } });
  expect(seen.evidence).toContain("(new) ERROR unusual");
});

test("the first look counts only what carries a recent time", async () => {
  writeFileSync(file, `[2020-01-01 00:00:00] ERROR old\n${new Date().toISOString()} ERROR now\nERROR without a time\n`);
  expect((await look()).measures).toMatchObject({ errors: 2 });
});

test("a file that is missing is unknown, and what a user's pattern says counts", async () => {
  expect(await lookOnce(logErrorsProbe, { file: join(folder, "none") })).toMatchObject({
    state: "unknown",
    message: { key: "log.missing" },
  });
  await look({ pattern: "kaputt" });
  appendFileSync(file, "etwas ist kaputt\nERROR zählt hier nicht\n".repeat(3));
  expect((await look({ pattern: "kaputt" })).measures).toMatchObject({ errors: 3 });
  expect(logErrorsProbe.schema.safeParse({ file, pattern: "(" }).success).toBe(false);
});
