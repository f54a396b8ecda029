import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { holdResponderLock } from "./responder-lock.ts";

let folder: string;
let path: string | undefined;
const others: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ampel-lock-"));
  path = process.env["PATH"];
});
afterEach(() => {
  process.env["PATH"] = path;
  for (const other of others.splice(0)) other.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** Another process that holds the lock until it is killed. */
async function holdElsewhere(place: string): Promise<ChildProcess> {
  const text = `
    import { holdResponderLock } from ${JSON.stringify(join(import.meta.dirname, "responder-lock.ts"))};
    const lock = await holdResponderLock(${JSON.stringify(place)});
    console.log(lock === undefined ? "busy" : "held");
    setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ["--input-type=module", "-e", text], { stdio: ["ignore", "pipe", "inherit"], env: process.env });
  others.push(other);
  const said = await new Promise<string>((settle) => void other.stdout?.once("data", (chunk: Buffer) => settle(chunk.toString().trim())));
  expect(said).toBe("held");
  return other;
}

async function takenWithin(place: string, limitMs: number): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const lock = await holdResponderLock(place);
    if (lock !== undefined) {
      await lock.release();
      return performance.now() - startedMs;
    }
    if (performance.now() - startedMs > limitMs) throw new Error(`still held after ${limitMs} ms`);
  }
}

test("of two responders one gets the lock, and the other when it is given back", async () => {
  const first = await holdResponderLock(folder);
  expect(first).toBeDefined();
  expect(await holdResponderLock(folder)).toBeUndefined();
  await first?.release();
  const second = await holdResponderLock(folder);
  expect(second).toBeDefined();
  await second?.release();
});

test("a folder that is not there yet is made", async () => {
  const lock = await holdResponderLock(join(folder, "deep/er"));
  expect(lock).toBeDefined();
  await lock?.release();
});

test("after kill -9 of its holder the lock is free at once", async () => {
  const other = await holdElsewhere(folder);
  expect(await holdResponderLock(folder)).toBeUndefined();
  other.kill("SIGKILL");
  expect(await takenWithin(folder, 2000)).toBeLessThan(2000);
});

test("Ctrl-C to the whole group does not free it while the holder still cleans up", async () => {
  const text = `
    import { holdResponderLock } from ${JSON.stringify(join(import.meta.dirname, "responder-lock.ts"))};
    process.on("SIGINT", () => console.log("cleaning up"));
    await holdResponderLock(${JSON.stringify(folder)});
    console.log("held");
    setInterval(() => {}, 1000);`;
  const other = spawn(process.execPath, ["--input-type=module", "-e", text], { stdio: ["ignore", "pipe", "inherit"], detached: true });
  others.push(other);
  const hear = (): Promise<string> =>
    new Promise((settle) => void other.stdout?.once("data", (chunk: Buffer) => settle(chunk.toString().trim())));
  expect(await hear()).toBe("held");
  const heard = hear();
  process.kill(-(other.pid ?? 0), "SIGINT");
  expect(await heard).toBe("cleaning up");
  expect(await holdResponderLock(folder)).toBeUndefined();
});

describe("where no folder can be locked", () => {
  test("without the program flock a name in the kernel keeps the second one out, also after kill -9", async () => {
    process.env["PATH"] = folder;
    const other = await holdElsewhere(folder);
    expect(await holdResponderLock(folder)).toBeUndefined();
    other.kill("SIGKILL");
    expect(await takenWithin(folder, 2000)).toBeLessThan(2000);
  });

  test("a flock that fails for another reason is not taken for another responder", async () => {
    writeFileSync(join(folder, "flock"), "#!/bin/sh\nexit 1\n");
    chmodSync(join(folder, "flock"), 0o755);
    process.env["PATH"] = `${folder}:${path}`;
    const lock = await holdResponderLock(folder);
    expect(lock).toBeDefined();
    await lock?.release();
  });

  test("a state folder that cannot be made does not stop the responder, and still lets only one act", async () => {
    writeFileSync(join(folder, "file"), "");
    const place = join(folder, "file", "state");
    const first = await holdResponderLock(place);
    expect(first).toBeDefined();
    expect(await holdResponderLock(place)).toBeUndefined();
    await first?.release();
  });
});
