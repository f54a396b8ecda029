import pg from "pg";
import { expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { isDatabaseAway, untilDatabaseReturns } from "./while-away.ts";

const withCode = (code: string, more: object = {}): Error => Object.assign(new Error(code), { code, ...more });

test.each([
  ["nobody listens", withCode("ECONNREFUSED"), true],
  ["the connection broke", withCode("ECONNRESET"), true],
  ["the socket is missing", withCode("ENOENT", { syscall: "connect" }), true],
  ["some other file is missing", withCode("ENOENT", { syscall: "open" }), false],
  ["the server shuts down", withCode("57P01"), true],
  ["the server crashed", withCode("57P02"), true],
  ["the server starts", withCode("57P03"), true],
  ["connection failure", withCode("08006"), true],
  ["too many connections", withCode("53300"), true],
  ["the disk is full", withCode("53100"), true],
  ["the statement was cancelled", withCode("57014"), false],
  ["a duplicate key", withCode("23505"), false],
  ["a wrong password", withCode("28P01"), false],
  ["a missing table", withCode("42P01"), false],
  ["the driver's own word", new Error("Connection terminated unexpectedly"), true],
  ["a query without an answer", new Error("Query read timeout"), true],
  ["several addresses, all refused", new AggregateError([withCode("ECONNREFUSED"), withCode("ECONNREFUSED")], "all failed"), true],
  ["wrapped", new Error("step failed", { cause: withCode("ECONNREFUSED") }), true],
  ["a bug", new TypeError("x is not a function"), false],
  ["no error at all", "ECONNREFUSED", false],
])("%s: %s", (_, error, isAway) => {
  expect(isDatabaseAway(error)).toBe(isAway);
});

test("what the real driver says about a missing and about a dead socket counts as away", async () => {
  for (const host of ["/nowhere/at/all", "/tmp"]) {
    const client = new pg.Client({ connectionString: `postgresql://ampel@localhost:1/ampel?host=${encodeURIComponent(host)}` });
    await expect(client.connect()).rejects.toSatisfy(isDatabaseAway);
  }
  await expect(new pg.Client({ host: "127.0.0.1", port: 1 }).connect()).rejects.toSatisfy(isDatabaseAway);
});

test("work is tried again until it succeeds, with pauses that grow to a second", async () => {
  let nowMs = 0;
  const pauses: number[] = [];
  const clock = {
    ...systemClock,
    monotonicMs: () => nowMs,
    sleep: async (ms: number) => {
      pauses.push(ms);
      nowMs += ms;
    },
  };
  const answer = await untilDatabaseReturns(
    async () => {
      if (nowMs < 10_000) throw withCode("ECONNREFUSED");
      return "back";
    },
    { clock },
  );
  expect(answer).toBe("back");
  expect(pauses[0]).toBeLessThanOrEqual(50);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(1000);
  expect(Math.max(...pauses)).toBeGreaterThan(700);
});

test("after the given time the last error is thrown, other errors and an abort at once", async () => {
  let nowMs = 0;
  const clock = {
    ...systemClock,
    monotonicMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
  };
  const away = withCode("57P03");
  await expect(untilDatabaseReturns(() => Promise.reject(away), { clock, giveUpMs: 2000 })).rejects.toBe(away);
  expect(nowMs).toBeLessThanOrEqual(2000);
  const refused = withCode("23505");
  await expect(untilDatabaseReturns(() => Promise.reject(refused), { clock })).rejects.toBe(refused);
  const signal = AbortSignal.timeout(30);
  await expect(untilDatabaseReturns(() => Promise.reject(away), { clock: systemClock, signal })).rejects.toHaveProperty(
    "name",
    "TimeoutError",
  );
});
