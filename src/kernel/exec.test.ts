import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runCommand } from "./exec.ts";

const folder = mkdtempSync(join(tmpdir(), "ampel-exec-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bash = (text: string): string[] => ["bash", "-c", text];

/** False for a zombie too: it does nothing any more. */
function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

test("output, exit code and duration come back, and arguments are never looked at by a shell", async () => {
  const ended = await runCommand(["printf", "%s|", "$HOME", "a b", "", "`id`"]);
  expect(ended).toMatchObject({
    exitCode: 0,
    stdout: "$HOME|a b||`id`|",
    stderr: "",
    isTimedOut: false,
    isAborted: false,
    startError: undefined,
  });
  expect(ended.durationMs).toBeGreaterThan(0);
  expect(await runCommand(bash("echo out; echo bad >&2; exit 7"))).toMatchObject({ exitCode: 7, stdout: "out\n", stderr: "bad\n" });
});

test("a command that a signal ended has no exit code", async () => {
  expect(await runCommand(bash("kill -9 $$"))).toMatchObject({ exitCode: undefined, isTimedOut: false, isAborted: false });
});

test("input reaches the command, and one that does not read it is no error", async () => {
  expect((await runCommand(["cat"], { input: "Grüße\n" })).stdout).toBe("Grüße\n");
  expect((await runCommand(["true"], { input: "x".repeat(1_000_000) })).exitCode).toBe(0);
});

test("environment is added to the present one, and the folder is the given one", async () => {
  const ended = await runCommand(bash('echo "$GREETING $PWD ${PATH:+path}"'), { env: { GREETING: "hallo welt" }, cwd: "/" });
  expect(ended.stdout).toBe("hallo welt / path\n");
});

describe("what cannot be started is a result, never an exception", () => {
  const cases: [string, string[], { cwd?: string; env?: Record<string, string> }, RegExp][] = [
    ["a program that is not there", ["/nowhere/at-all"], {}, /^ENOENT$/],
    ["a file that may not be run", ["/etc/passwd"], {}, /^EACCES$/],
    ["a folder that is not there", ["true"], { cwd: "/nowhere" }, /^ENOENT$/],
    ["no program at all", [], {}, /^ERR_/],
    ["an argument with a NUL byte", ["echo", "a\0b"], {}, /^ERR_/],
    ["arguments longer than the kernel takes", ["echo", "x".repeat(3_000_000)], {}, /^E2BIG$/],
    ["a value with a NUL byte", ["true"], { env: { BAD: "a\0b" } }, /^ERR_/],
  ];
  test.each(cases)("%s", async (_, argv, options, expected) => {
    const ended = await runCommand(argv, options);
    expect(ended.startError).toMatch(expected);
    expect(ended).toMatchObject({ exitCode: undefined, stdout: "", stderr: "", isTimedOut: false, isAborted: false });
  });
});

describe("a command that takes too long goes with everything it started", () => {
  const hideouts = {
    "a child in its group": "sleep 60 & echo $! >$PIDS; wait",
    "a child that ignores every signal it can": "bash -c 'trap \"\" TERM INT HUP; echo $$ >$PIDS; while :; do sleep 1; done' & wait",
    "a child in a session of its own": "setsid bash -c 'echo $$ >$PIDS; sleep 60' & wait",
    "a grandchild whose parent is gone": "(setsid bash -c 'echo $$ >$PIDS; sleep 60' &) ; sleep 60",
    "a child that wiped its environment": "setsid env -i bash -c 'echo $$ >'$PIDS'; exec sleep 60' & wait",
  };
  test.each(Object.entries(hideouts))("%s", async (title, text) => {
    const pids = join(folder, title.replaceAll(" ", "-"));
    const ended = await runCommand(bash(text), { env: { PIDS: pids }, timeoutMs: 700 });
    expect(ended).toMatchObject({ exitCode: undefined, isTimedOut: true, isAborted: false });
    const pid = Number(readFileSync(pids, "utf8"));
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  test("a command within a command of ours goes as well", async () => {
    const pids = join(folder, "nested");
    const inner = `import { runCommand } from ${JSON.stringify(join(import.meta.dirname, "exec.ts"))};
      await runCommand(["bash", "-c", "echo $$ >$PIDS; sleep 60"]);`;
    await runCommand([process.execPath, "--input-type=module", "-e", inner], { env: { PIDS: pids }, timeoutMs: 1500 });
    await expect.poll(() => isAlive(Number(readFileSync(pids, "utf8")))).toBe(false);
  });

  test("what was said before the end is kept", async () => {
    const ended = await runCommand(bash("echo step one; echo warning >&2; sleep 60"), { timeoutMs: 500 });
    expect(ended).toMatchObject({ stdout: "step one\n", stderr: "warning\n", isTimedOut: true });
  });

  test("a time longer than a timer holds is not taken for none", async () => {
    expect(await runCommand(["sleep", "0.2"], { timeoutMs: 2 ** 31 })).toMatchObject({ exitCode: 0, isTimedOut: false });
  });
});

test("an abort ends the command; one that came before is not even started", async () => {
  const controller = new AbortController();
  const running = runCommand(bash("echo started; sleep 60"), { signal: controller.signal, onOutput: () => controller.abort() });
  expect(await running).toMatchObject({ exitCode: undefined, isAborted: true, isTimedOut: false, stdout: "started\n" });
  const file = join(folder, "never");
  expect(await runCommand(["touch", file], { signal: controller.signal })).toMatchObject({ isAborted: true, exitCode: undefined });
  expect(existsSync(file)).toBe(false);
});

test("a service that a command leaves running neither holds the result nor dies, nor keeps this process from ending", () => {
  const pids = join(folder, "service");
  const program = `import { runCommand } from ${JSON.stringify(join(import.meta.dirname, "exec.ts"))};
    const ended = await runCommand(["bash", "-c", "setsid sleep 30 & echo $! >$PIDS; echo left"], { timeoutMs: 20_000, env: { PIDS: ${JSON.stringify(pids)} } });
    console.log(JSON.stringify(ended));`;
  const ended = spawnSync(process.execPath, ["--input-type=module", "-e", program], { timeout: 15_000, encoding: "utf8" });
  expect(ended.error).toBeUndefined();
  expect(JSON.parse(ended.stdout)).toMatchObject({ exitCode: 0, stdout: "left\n", isTimedOut: false });
  const pid = Number(readFileSync(pids, "utf8"));
  expect(isAlive(pid)).toBe(true);
  process.kill(pid, "SIGKILL");
});

test.skipIf(process.getuid?.() !== 0)("a process that may not be killed does not hold up the result (needs root)", async () => {
  const pids = join(folder, "foreign");
  const program = `import { runCommand } from ${JSON.stringify(join(import.meta.dirname, "exec.ts"))};
    process.setuid(65534);
    const ended = await runCommand(["/bin/sh", "-c", "echo $$ >${pids}; exec ${folder}/become-root --reuid=0 sleep 30"], { timeoutMs: 500 });
    console.log(JSON.stringify(ended));`;
  // A copy with the set-uid bit plays sudo: root's process, started by somebody else.
  await runCommand(
    bash(`chmod 755 ${folder}; cp /usr/bin/setpriv ${folder}/become-root; chmod 4755 ${folder}/become-root; : >${pids}; chmod 666 ${pids}`),
  );
  const ended = spawnSync(process.execPath, ["--input-type=module", "-e", program], { timeout: 15_000, encoding: "utf8" });
  expect(JSON.parse(ended.stdout)).toMatchObject({ isTimedOut: true });
  const pid = Number(readFileSync(pids, "utf8"));
  expect(isAlive(pid)).toBe(true);
  process.kill(pid, "SIGKILL");
});

describe("output", () => {
  test("is bounded: head and tail are kept, the rest is counted", async () => {
    const ended = await runCommand(bash("echo first; head -c 50000000 /dev/zero | tr '\\0' x; echo; echo last"), { maxOutputBytes: 2000 });
    expect(ended.stdout.length).toBeLessThan(2100);
    expect(ended.stdout).toMatch(/^first\n/);
    expect(ended.stdout).toMatch(/\nlast\n$/);
    expect(ended.stdout).toContain(`… ${"first\n".length + 50_000_000 + "\nlast\n".length - 2000} bytes dropped …`);
  });

  test("exactly at the limit nothing is dropped, and a letter across the middle is whole", async () => {
    const ended = await runCommand(["printf", "%s", "aäöüß"], { maxOutputBytes: 9 });
    expect(ended.stdout).toBe("aäöüß");
  });

  test("a letter cut between two chunks is whole for the listener", async () => {
    let heard = "";
    const euro = "printf '\\xe2\\x82'; sleep 0.2; printf '\\xac'";
    const ended = await runCommand(bash(euro), { onOutput: (text) => (heard += text) });
    expect([heard, ended.stdout]).toEqual(["€", "€"]);
  });

  test("bytes that are no text do not break it", async () => {
    const ended = await runCommand(["head", "-c", "100000", "/dev/urandom"]);
    expect(ended.exitCode).toBe(0);
    expect(ended.stdout.length).toBeGreaterThan(0);
  });

  test("two hundred at once all come back whole", async () => {
    const all = await Promise.all(Array.from({ length: 200 }, (_, number) => runCommand(["echo", String(number)])));
    expect(all.map((one) => one.stdout)).toEqual(all.map((_, number) => `${number}\n`));
  });
});
