import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMemory, createMovedClock, lookOnce } from "../../test/probe-look.ts";
import { hasSshd, startSshd, type TestSshd } from "../../test/sshd.ts";
import { clockOffsetProbe, judgeClock, jumpSince, offsetBetween, parseClock } from "./clock-offset.ts";

const spec = clockOffsetProbe.schema.parse({});
const reading = { boot: "b", wallMs: 1_000_000, uptimeMs: 500_000 };

test("chrony's answer and systemd's are read", () => {
  const chrony =
    "Boot b\nNow 1700000000.250000000 12.50\nChrony C0A80001,192.168.0.1,3,1700000000.1,-0.0025,0.1,0.1,1.0,0,0.1,0.1,0.1,64.2,Normal\nSynced no\n";
  expect(parseClock(chrony)).toEqual({ boot: "b", wallMs: 1_700_000_000_250, uptimeMs: 12_500, ntpOffsetMs: -2.5, isSynchronized: true });
  expect(parseClock("Now 1700000000.25 12.50\nSynced no")).toMatchObject({ isSynchronized: false });
  expect(parseClock("Now soon 12")).toBeUndefined();
});

test("half the round trip is the uncertainty, and what it may have made is not held against the clock", () => {
  expect(offsetBetween(10_500, 10_000, 10_400)).toEqual({ offsetMs: 300, uncertaintyMs: 200 });
  expect(judgeClock(spec, reading, 0, { offsetMs: 3_000, uncertaintyMs: 1_500 })?.state).toBe("ok");
  expect(judgeClock(spec, reading, 0, { offsetMs: -3_000, uncertaintyMs: 500 })).toMatchObject({ state: "degraded", cause: "clock-drift" });
  expect(judgeClock(spec, reading, 0, { offsetMs: 90_000, uncertaintyMs: 500 })).toMatchObject({ state: "down" });
});

test("a clock that moved against the time since boot has jumped; a reboot is no jump", () => {
  expect(jumpSince(reading, { ...reading, wallMs: 1_000_000 + 3_610_000, uptimeMs: 510_000 })).toBe(3_600_000);
  expect(jumpSince(reading, { ...reading, boot: "other", wallMs: 9_000_000 })).toBe(0);
  expect(jumpSince(undefined, reading)).toBe(0);
  expect(judgeClock(spec, { ...reading, isSynchronized: true }, -3_600_000, undefined)).toMatchObject({
    state: "down",
    isDefinite: true,
    message: { key: "clock.jumped" },
  });
});

test("no time service is degraded, a kept clock is ok, and without any reference nothing is said", () => {
  expect(judgeClock(spec, { ...reading, isSynchronized: false }, 0, undefined)).toMatchObject({
    state: "degraded",
    message: { key: "clock.not-synchronized" },
  });
  expect(judgeClock(spec, { ...reading, isSynchronized: true }, 0, undefined)?.state).toBe("ok");
  expect(judgeClock(spec, reading, 0, undefined)).toBeUndefined();
});

describe.skipIf(!hasSshd)("a host behind ssh (scripts/install-test-services.sh brings sshd)", () => {
  let sshd: TestSshd;
  beforeAll(async () => void (sshd = await startSshd()));
  afterAll(async () => sshd.close());

  test("is compared with the responder's clock, in both directions", async () => {
    const at = (shiftMs: number) => lookOnce(clockOffsetProbe, {}, { host: sshd.host, clock: createMovedClock(Date.now() + shiftMs) });
    expect((await at(120_000)).measures?.["offsetMs"]).toBeLessThan(-100_000);
    expect(await at(120_000)).toMatchObject({ state: "down", cause: "clock-drift" });
    expect(await at(-120_000)).toMatchObject({ state: "down", cause: "clock-drift" });
  });

  test("that answers within its round trip keeps quiet about a jump that was none", async () => {
    const memory = createMemory();
    await lookOnce(clockOffsetProbe, {}, { host: sshd.host, memory });
    const seen = await lookOnce(clockOffsetProbe, {}, { host: sshd.host, memory });
    expect(Math.abs(seen.measures?.["jumpMs"] ?? 9_999)).toBeLessThan(100);
  });
});
