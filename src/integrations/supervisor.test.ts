import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openHost } from "./host.ts";
import { openServiceControl } from "./service-control.ts";
import { parseSupervisorState } from "./supervisor.ts";

test.each([
  ["one of one", "worker:worker   RUNNING   pid 7, uptime 1 day, 0:00:03", { isRunning: true, mainPid: 7, loadState: "loaded" }],
  [
    "one of two",
    "w:w_00  RUNNING  pid 7, uptime 0:00:03\nw:w_01  STOPPED  Not started",
    { isRunning: false, isChanging: false, result: "STOPPED", lastExit: "Not started" },
  ],
  ["starting", "w:w  STARTING", { isRunning: false, isChanging: true }],
  [
    "between two tries",
    "w:w  BACKOFF   Exited too quickly (process log may have details)",
    { isRunning: false, isChanging: true, result: "BACKOFF" },
  ],
  ["given up", "w:w  FATAL     Exited too quickly", { isRunning: false, isChanging: false, result: "FATAL" }],
  ["not known", "w:*: ERROR (no such group)", { isRunning: false, loadState: "not-found" }],
  ["no supervisor", "unix:///var/run/supervisor.sock no such file", { isRunning: false, loadState: "unanswered" }],
])("%s", (_, lines, wanted) => {
  const text = lines
    .split("\n")
    .map((line) => `Status=${line}`)
    .join("\n");
  expect(parseSupervisorState(text)).toMatchObject(wanted);
});

describe.skipIf(!existsSync("/usr/bin/supervisord"))("under a real supervisor (scripts/install-test-services.sh brings it)", () => {
  const host = openHost("here", { via: "local" });
  const signal = new AbortController().signal;
  const limits = { signal, timeoutMs: 10_000 };
  const folder = mkdtempSync(join(tmpdir(), "ampel-supervisor-"));
  const configFile = join(folder, "supervisord.conf");
  const open = (program: string) => openServiceControl(host, { manager: "supervisor", program, configFile });
  let server: ChildProcess;

  beforeAll(async () => {
    const program = (name: string, command: string, more = ""): string => `[program:${name}]\ncommand=${command}\n${more}\n`;
    writeFileSync(
      configFile,
      `[supervisord]\nnodaemon=true\nlogfile=${folder}/log\npidfile=${folder}/pid\nchildlogdir=${folder}\n[unix_http_server]\nfile=${folder}/sock\n[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n[supervisorctl]\nserverurl=unix://${folder}/sock\n` +
        program("two", "sleep 63", "numprocs=2\nprocess_name=%(program_name)s_%(process_num)02d\nstartsecs=0\nautorestart=false") +
        program("broken", "bash -c 'echo boom >&2; exit 3'", "startretries=0\nautostart=false\nautorestart=false"),
    );
    server = spawn("supervisord", ["-c", configFile], { stdio: "ignore" });
    await vi.waitFor(async () => expect((await open("two").state(signal)).isRunning).toBe(true), { timeout: 15_000 });
  });
  afterAll(async () => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  });

  test("a program of two processes is down when one of them is, and a start brings that one back", async () => {
    const control = open("two");
    process.kill(Number(execFileSync("supervisorctl", ["-c", configFile, "pid", "two:two_01"]).toString()), "SIGKILL");
    await expect.poll(async () => (await control.state(signal)).isRunning, { timeout: 5_000 }).toBe(false);
    await control.start(limits);
    expect(await control.state(signal)).toMatchObject({ isRunning: true, isHung: false });
    await control.start(limits);
    expect((await control.state(signal)).isRunning).toBe(true);
  });

  test("stop, restart and a hung process are seen", async () => {
    const control = open("two");
    await control.stop(limits);
    expect(await control.state(signal)).toMatchObject({ isRunning: false, result: "STOPPED" });
    await control.restart(limits);
    const { mainPid = 0 } = await control.state(signal);
    process.kill(mainPid, "SIGSTOP");
    await expect.poll(async () => (await control.state(signal)).isHung, { timeout: 5_000 }).toBe(true);
    process.kill(mainPid, "SIGCONT");
  });

  test("a program that ends at once is an error with its state and its last words", async () => {
    const control = open("broken");
    await expect(control.start(limits)).rejects.toMatchObject({ code: "service-failed" });
    const state = await control.state(signal);
    expect(state).toMatchObject({ isRunning: false, loadState: "loaded" });
    // A slow machine lets it count as started, and supervisor tries it again: the words are there, once or twice.
    expect(new Set(state.lastLines)).toEqual(new Set(["boom"]));
  });

  test("an unknown program is not found, and is not started", async () => {
    expect(await open("nobody").state(signal)).toMatchObject({ loadState: "not-found" });
    await expect(open("nobody").start(limits)).rejects.toMatchObject({ code: "service-failed" });
  });
});
