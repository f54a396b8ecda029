import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import fc from "fast-check";
import { createMemory, createMovedClock, lookOnce } from "../../test/probe-look.ts";
import { formatBytes, parseBytes } from "./disk-bytes.ts";
import { addSample, predictFullMinutes } from "./disk-growth.ts";
import { diskProbe, parseLevel } from "./disk.ts";

const mayMount = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;

test("df is read though device and mount point contain blanks, and dashes for inodes", () => {
  const level = parseLevel(
    "BYTES //nas/my share  1000 700 300  70% /mnt/my share\nINODES //nas/my share - - - - /mnt/my share\nOPTIONS rw,relatime\n",
  );
  expect(level).toMatchObject({ usedBytes: 700, freeBytes: 300, allInodes: 0, isReadOnly: false });
  expect(parseLevel("df: nonsense")).toBeUndefined();
});

test.each([
  ["500M", 500 * 1024 ** 2],
  ["2GiB", 2 * 1024 ** 3],
  ["1.5 GB", 1.5 * 1024 ** 3],
  ["4096", 4096],
  ["two", undefined],
  ["-1", undefined],
])("%s is read as a size", (text, wanted) => {
  expect(parseBytes(text)).toBe(wanted);
});

test("what is formatted is within five per cent of what was given", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 45 }), (bytes) => {
      expect(Math.abs((parseBytes(formatBytes(bytes)) ?? -1) - bytes)).toBeLessThanOrEqual(bytes * 0.05);
    }),
  );
});

test("growth foretells when it is full; a clean-up, a standstill and too few samples foretell nothing", () => {
  const grow = (rate: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({ at: index * 30_000, usedBytes: 1_000 + rate * index }));
  expect(predictFullMinutes(grow(100, 5), 2_400)).toBeCloseTo(5, 5);
  expect(predictFullMinutes(grow(0, 5), 2_400)).toBeUndefined();
  expect(predictFullMinutes(grow(-10, 5), 2_400)).toBeUndefined();
  expect(predictFullMinutes(grow(100, 2), 2_400)).toBeUndefined();
  expect(predictFullMinutes([...grow(100, 5), { at: 150_000, usedBytes: 900 }], 2_400)).toBeUndefined();
});

test("samples stay few, sorted and young, whatever the clock does", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 10_000_000 }), { maxLength: 400 }), (times) => {
      const samples = times.reduce<{ at: number; usedBytes: number }[]>((kept, at) => addSample(kept, { at, usedBytes: 1 }), []);
      expect(samples.length).toBeLessThanOrEqual(121);
      expect(samples.map(({ at }) => at)).toEqual(samples.map(({ at }) => at).toSorted((left, right) => left - right));
    }),
  );
});

test("a folder that is not there is unknown, not fine", async () => {
  expect(await lookOnce(diskProbe, { path: "/not/there" })).toMatchObject({ state: "unknown", message: { key: "disk.missing" } });
});

test("a folder over its budget is down though its disk has room, and growth is seen before", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ampel-disk-"));
  const given = { memory: createMemory(), clock: createMovedClock() };
  const fields = { path: folder, budget: "10M", fullWithin: "30m", warnPercent: 99, fullPercent: 100 };
  const look = () => lookOnce(diskProbe, fields, given);
  expect(await look()).toMatchObject({ state: "ok" });
  for (const part of [1, 2]) {
    writeFileSync(join(folder, `part ${part}`), Buffer.alloc(1024 ** 2, 1));
    given.clock.advance(60_000);
    await look();
  }
  const soon = await look();
  expect(soon).toMatchObject({ state: "degraded", cause: "disk-filling", message: { key: "disk.full-soon" } });
  expect(soon.measures?.["fullInMinutes"]).toBeLessThan(15);
  writeFileSync(join(folder, "rest"), Buffer.alloc(9 * 1024 ** 2, 1));
  expect(await look()).toMatchObject({ state: "down", message: { key: "disk.budget" } });
  rmSync(folder, { recursive: true });
});

test("a folder that cannot be counted in time is unknown, and its disk is judged all the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ampel-slow-"));
  writeFileSync(join(folder, "du"), "#!/bin/sh\nexec sleep 30\n", { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}:${process.env["PATH"]}`);
  const limits = { path: folder, budget: "1T", fullPercent: 100 };
  const seen = await lookOnce(diskProbe, { ...limits, warnPercent: 100 }, { deadlineMs: 3_000 });
  expect(seen).toMatchObject({ state: "unknown", message: { key: "disk.not-counted" } });
  expect(await lookOnce(diskProbe, { ...limits, warnPercent: 1, warnFree: "9000T" }, { deadlineMs: 3_000 })).toMatchObject({
    state: "degraded",
    message: { values: { path: folder } },
  });
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe.skipIf(!mayMount)("on a file system of its own (needs root and mount)", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ampel-mount-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m,nr_inodes=200", "ampel-test", folder]);
  });
  afterEach(() => {
    execFileSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true });
  });

  test("a full one is down and definite, also by the absolute limit; emptied it is fine again", async () => {
    expect(await lookOnce(diskProbe, { path: folder })).toMatchObject({ state: "ok" });
    expect(await lookOnce(diskProbe, { path: folder, fullFree: "10M" })).toMatchObject({ state: "down", message: { key: "disk.free" } });
    expect(await lookOnce(diskProbe, { path: folder, warnFree: "10M" })).toMatchObject({ state: "degraded" });
    spawnSync("dd", ["if=/dev/zero", `of=${folder}/fill`, "bs=64k"], { stdio: "ignore" });
    expect(await lookOnce(diskProbe, { path: folder })).toMatchObject({
      state: "down",
      cause: "disk-full",
      isDefinite: true,
      measures: { freeBytes: 0 },
    });
    rmSync(join(folder, "fill"));
    expect(await lookOnce(diskProbe, { path: folder })).toMatchObject({ state: "ok" });
  });

  test("no inodes left is full, though there are bytes", async () => {
    try {
      for (let index = 0; index < 250; index += 1) writeFileSync(join(folder, String(index)), "");
    } catch {
      // ENOSPC is what we are here for
    }
    expect(await lookOnce(diskProbe, { path: folder })).toMatchObject({ state: "down", isDefinite: true, message: { key: "disk.inodes" } });
  });

  test("one that went read-only is down and definite, unless it may be", async () => {
    execFileSync("mount", ["-o", "remount,ro", folder]);
    expect(await lookOnce(diskProbe, { path: folder })).toMatchObject({
      state: "down",
      isDefinite: true,
      message: { key: "disk.read-only" },
    });
    expect(await lookOnce(diskProbe, { path: folder, mayBeReadOnly: true })).toMatchObject({ state: "ok" });
  });
});
