import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openHost } from "./host.ts";
import { lookHere } from "./plain-process-here.ts";
import { lookText } from "./plain-process-text.ts";
import { openServiceControl } from "./service-control.ts";
import type { ServiceControl } from "./service-control-contract.ts";

const host = openHost("here", { via: "local" });
const signal = new AbortController().signal;
const limits = { signal, timeoutMs: 10_000 };
let folder = "";
let pidFile = "";
let control: ServiceControl;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ampel-process-"));
  pidFile = join(folder, "it works.pid");
  control = openServiceControl(host, { manager: "process", pidFile, start: ["sleep", "60"], cwd: folder, env: { GREETING: "a 'b' $c" } });
});

afterEach(async () => {
  await control.stop(limits);
  rmSync(folder, { recursive: true });
});

const pidOf = (): number => Number(readFileSync(pidFile, "utf8"));

test("a started process runs on, with its environment and without ours", async () => {
  await control.start(limits);
  const state = await control.state(signal);
  expect(state).toMatchObject({ isRunning: true, isHung: false, mainPid: pidOf() });
  expect(Math.abs(Date.now() - (state.since ?? 0))).toBeLessThan(5_000);
  const environment = readFileSync(`/proc/${pidOf()}/environ`, "utf8").split("\0");
  expect(environment).toContain("GREETING=a 'b' $c");
  expect(environment.filter((one) => /^(AMPEL_COMMAND|PIDFILE|ACT|BOOT)=/.test(one))).toEqual([]);
  expect(readFileSync(`/proc/${pidOf()}/cmdline`, "utf8")).toBe("sleep\x0060\x00");
});

test("five starts at once give one process", async () => {
  const all = await Promise.allSettled(Array.from({ length: 5 }, () => control.start(limits)));
  expect(all.some(({ status }) => status === "fulfilled")).toBe(true);
  const count = execFileSync("bash", ["-c", `grep -lsz "GREETING=a 'b' .c" /proc/[0-9]*/environ | wc -l`]).toString().trim();
  expect(count).toBe("1");
  const before = pidOf();
  await control.start(limits);
  expect(pidOf()).toBe(before);
});

test("a killed process is seen as down, and started again under a new pid", async () => {
  await control.start(limits);
  const first = pidOf();
  process.kill(first, "SIGKILL");
  await expect.poll(async () => (await control.state(signal)).isRunning).toBe(false);
  await control.start(limits);
  expect(pidOf()).not.toBe(first);
});

test("a stopped process (SIGSTOP) is there and hung; a restart replaces it at once", async () => {
  await control.start(limits);
  const first = pidOf();
  process.kill(first, "SIGSTOP");
  await expect.poll(async () => (await control.state(signal)).isHung).toBe(true);
  const { durationMs } = await control.restart(limits);
  expect(pidOf()).not.toBe(first);
  expect(durationMs).toBeLessThan(2_000);
  expect(existsSync(`/proc/${first}/cmdline`) && readFileSync(`/proc/${first}/cmdline`, "utf8").includes("sleep")).toBe(false);
});

test("a recycled pid is not our process: neither counted as running nor killed", async () => {
  const stranger = spawn("sleep", ["60"]);
  try {
    writeFileSync(pidFile, `${stranger.pid}\n`);
    writeFileSync(`${pidFile}.identity`, `${stranger.pid} 12345 another-boot\n`);
    expect(await control.state(signal)).toMatchObject({ isRunning: false, result: "recycled" });
    execFileSync("touch", ["-d", "2 hours ago", pidFile]);
    rmSync(`${pidFile}.identity`);
    expect(await control.state(signal)).toMatchObject({ isRunning: false, result: "recycled" });
    await control.stop(limits);
    expect(stranger.exitCode).toBeNull();
    process.kill(stranger.pid ?? 0, 0);
  } finally {
    stranger.kill("SIGKILL");
  }
});

test("a pid file that another program wrote counts when its process began before it", async () => {
  const other = spawn("sleep", ["60"]);
  writeFileSync(pidFile, `${other.pid}\n`);
  expect(await control.state(signal)).toMatchObject({ isRunning: true, mainPid: other.pid });
  await control.stop(limits);
  await expect.poll(() => other.signalCode).toBe("SIGTERM");
});

test("a zombie is not running", async () => {
  // The parent never waits for its child, so the dead child stays in the table.
  const parent = spawn("bash", ["-c", `sleep 0.05 & echo $! >"$1"; exec sleep 60`, "parent", pidFile], { stdio: "ignore" });
  try {
    await expect.poll(async () => (await control.state(signal)).result).toBe("exited");
    expect((await control.state(signal)).isRunning).toBe(false);
  } finally {
    parent.kill("SIGKILL");
  }
});

test.each(["", "garbage\n", "-1\n", "0x12\n", "99999999\n"])("a pid file with %j means not running", async (content) => {
  writeFileSync(pidFile, content);
  expect((await control.state(signal)).isRunning).toBe(false);
});

test("a process that ignores SIGTERM is killed after its grace, with its children", async () => {
  const stubborn = openServiceControl(host, {
    manager: "process",
    pidFile,
    start: ["bash", "-c", "trap '' TERM; sleep 61 & while :; do sleep 0.1; done"],
    cwd: folder,
  });
  await stubborn.start(limits);
  const { evidence } = await stubborn.stop({ ...limits, stopGraceMs: 300 });
  expect(evidence).toContain("killed");
  expect((await stubborn.state(signal)).isRunning).toBe(false);
});

test("a command that does not exist fails with its reason, and leaves nothing that looks alive", async () => {
  const broken = openServiceControl(host, { manager: "process", pidFile, start: [join(folder, "not-there")], cwd: folder });
  const outcome = await broken.start(limits).then(
    () => "started",
    (error: unknown) => String(error),
  );
  // It may die a moment after its start was reported; then the state says so.
  if (outcome !== "started") expect(outcome).toMatch(/ended at once|No such file/);
  await expect.poll(async () => (await broken.state(signal)).isRunning).toBe(false);
  expect((await broken.state(signal)).lastLines.join("\n")).toContain("not-there");
});

test("an abort in the middle of a start leaves no process that the pid file does not know", async () => {
  for (const delayMs of [1, 5, 10, 15, 20, 30, 50]) {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), delayMs);
    await control.start({ signal: abort.signal, timeoutMs: 5_000 }).catch(() => undefined);
    const running = execFileSync("bash", ["-c", `grep -lsz "GREETING=a 'b' .c" /proc/[0-9]*/environ | cut -d/ -f3; true`])
      .toString()
      .trim()
      .split("\n")
      .filter((pid) => pid !== "" && existsSync(`/proc/${pid}`));
    expect(running.filter((pid) => pid !== String(existsSync(pidFile) ? pidOf() : ""))).toEqual([]);
    await control.stop(limits);
  }
});

const askShell = async (): Promise<string> =>
  (await host.script(lookText, { env: { PIDFILE: pidFile, LOGFILE: `${pidFile}.log`, LC_ALL: "C" } })).stdout;

test.each<[string, () => void | Promise<unknown>]>([
  ["runs", () => control.start(limits)],
  ["is stopped by a signal", async () => process.kill((await control.start(limits), pidOf()), "SIGSTOP")],
  ["was killed", async () => process.kill((await control.start(limits), pidOf()), "SIGKILL")],
  ["was never there", () => {}],
  ["has a garbled pid file", () => writeFileSync(pidFile, "12a\n")],
  ["has an empty pid file", () => writeFileSync(pidFile, "")],
  [
    "was of another boot",
    () => (writeFileSync(pidFile, `${process.pid}\n`), writeFileSync(`${pidFile}.identity`, `${process.pid} 7 other\n`)),
  ],
  ["left many last words", () => writeFileSync(`${pidFile}.log`, `${"x".repeat(900)}\n`.repeat(9) + "the end, no line break")],
])("here and over ssh the same is seen of a process that %s", async (_, prepare) => {
  await prepare();
  await vi.waitFor(async () => expect(await lookHere(pidFile, `${pidFile}.log`)).toBe(await askShell()));
});

test("a look that is aborted ends with the reason, not with a guess", async () => {
  await expect(control.state(AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});
