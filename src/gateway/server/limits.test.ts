import { expect, test } from "vitest";
import { openQuarantineLimits } from "../accept/quarantine-limits.ts";
import { openRateLimiter } from "../accept/rate-limit.ts";
import { sourceAddress } from "./source-address.ts";

test("a bucket gives its burst, then its rate, per source", () => {
  const limiter = openRateLimiter({ perSecond: 2, burst: 3 });
  const take = (atMs: number, source = "a"): boolean => limiter.take(source, 1, atMs);
  expect([take(0), take(0), take(0), take(0)]).toEqual([true, true, true, false]);
  expect(take(0, "b")).toBe(true);
  expect([take(500), take(500)]).toEqual([true, false]);
});

test("a million addresses do not fill the memory", () => {
  const limiter = openRateLimiter({ perSecond: 1, burst: 1 });
  for (let index = 0; index < 50_000; index += 1) limiter.take(String(index), 1, 0);
  expect(limiter.sources).toBeLessThanOrEqual(10_000);
});

test("one stranger cannot use up what is kept of all strangers", () => {
  const limits = openQuarantineLimits();
  let bytes = 0;
  while (limits.admit("stranger", 1024 * 1024, 0)) bytes += 1024 * 1024;
  expect(bytes).toBe(16 * 1024 * 1024);
  expect(limits.admit("another", 1024 * 1024, 0)).toBe(true);
});

test("all strangers together have a cap as well", () => {
  const limits = openQuarantineLimits();
  let admitted = 0;
  for (let round = 0; round < 1600; round += 1) admitted += Number(limits.admit(`s${round % 100}`, 1024 * 1024, 0));
  expect(admitted).toBe(256);
});

const proxies = new Set(["10.0.0.1"]);
test.each([
  ["nobody's header is believed without a proxy of ours", "203.0.113.9", "198.51.100.1", "203.0.113.9"],
  ["our proxy says who it was", "10.0.0.1", "198.51.100.1", "198.51.100.1"],
  ["what the sender wrote in front of it does not count", "10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"],
  ["a chain of ours is walked backwards", "10.0.0.1", "198.51.100.1, 10.0.0.1", "198.51.100.1"],
  ["rubbish in it is no address", "10.0.0.1", "unknown, ", "10.0.0.1"],
  ["IPv4 over an IPv6 socket is the same", "::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"],
])("%s", (_, peer, forwarded, expected) => {
  expect(sourceAddress(peer, forwarded, proxies)).toBe(expected);
});
