import { expect, test } from "vitest";
import { lookOnce } from "../../test/probe-look.ts";
import { judgeMemory, memoryProbe, parseMemory, sinceBefore } from "./memory.ts";

const spec = memoryProbe.schema.parse({});
const level = (available: number, more: object = {}) => ({
  boot: "b",
  allBytes: 1000,
  availableBytes: available,
  oomKills: 4,
  swappedPages: 100,
  ...more,
});
const nothing = { oomKills: 0, swapPagesPerSecond: 0 };

test.each<[string, number, typeof nothing, object]>([
  ["plenty", 500, nothing, { state: "ok" }],
  ["little", 90, nothing, { state: "degraded", cause: "memory-low" }],
  ["hardly any", 30, nothing, { state: "down", cause: "memory-low" }],
  [
    "plenty after the kernel has killed somebody",
    500,
    { ...nothing, oomKills: 1 },
    { state: "degraded", isDefinite: true, message: { key: "memory.oom" } },
  ],
  ["plenty while thrashing", 500, { ...nothing, swapPagesPerSecond: 5_000 }, { state: "degraded", message: { key: "memory.thrash" } }],
])("%s", (_, available, since, wanted) => {
  expect(judgeMemory(spec, level(available), since)).toMatchObject(wanted);
});

test("counts since boot are compared with the last look, and not across a reboot or a clock that went back", () => {
  const before = { ...level(500), at: 1_000 };
  const now = level(500, { oomKills: 6, swappedPages: 2_100 });
  expect(sinceBefore(before, now, 3_000)).toEqual({ oomKills: 2, swapPagesPerSecond: 1_000 });
  expect(sinceBefore(undefined, now, 3_000)).toEqual(nothing);
  expect(sinceBefore(before, { ...now, boot: "other" }, 3_000)).toEqual(nothing);
  expect(sinceBefore(before, now, 500)).toEqual(nothing);
});

test("this machine's memory is read, and garbage is not", async () => {
  const seen = await lookOnce(memoryProbe, { warnPercent: 0, lowPercent: 0 });
  expect(seen.state).toBe("ok");
  expect(seen.measures?.["availableBytes"]).toBeGreaterThan(1_000_000);
  expect(parseMemory("MemTotal: many")).toBeUndefined();
  expect(await lookOnce(memoryProbe, { warnPercent: 100, lowPercent: 100 })).toMatchObject({ state: "down", cause: "memory-low" });
});
