import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasSshd, startSshd, type TestSshd } from "../../test/sshd.ts";
import { Failure } from "../kernel/failure.ts";
import { askHost, holdCommand, openHost, quote } from "./host.ts";
import { openServiceControl } from "./service-control.ts";

const nasty = `a 'b' "c" $HOME \`id\` \\ * ; & | \n ü`;

test("a quoted word survives a shell, whatever it contains", async () => {
  const { stdout } = await openHost("here", { via: "local" }).script(`printf %s ${quote(nasty)}`);
  expect(stdout).toBe(nasty);
});

describe.skipIf(!hasSshd)("over a real ssh (scripts/install-test-services.sh brings sshd)", () => {
  let sshd: TestSshd;
  const signal = new AbortController().signal;
  beforeAll(async () => void (sshd = await startSshd()));
  afterAll(async () => sshd.close());

  test("arguments, environment, input and folder arrive unchanged, and so does the exit code", async () => {
    const result = await sshd.host.run(["bash", "-c", 'printf "%s|%s|%s|" "$1" "$VALUE" "$PWD"; cat; exit 7', "x", nasty], {
      env: { VALUE: nasty },
      input: nasty,
      cwd: "/usr",
    });
    expect(result.stdout).toBe(`${nasty}|${nasty}|/usr|${nasty}`);
    expect(result.exitCode).toBe(7);
  });

  test("a script is a strict one: the first error ends it", async () => {
    expect((await sshd.host.script("false | true; echo not reached")).stdout).toBe("");
  });

  test("nothing of the text shows in the process list of the one who asks", async () => {
    const slow = sshd.host.script("sleep 0.5", { env: { SECRET: "hunter-two" } });
    await expect.poll(() => commandLines().some((line) => line.includes("ssh_config"))).toBe(true);
    expect(commandLines().filter((line) => line.includes("hunter-two"))).toEqual([]);
    await slow;
  });

  test("a target that begins with a dash is not an option", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ampel-dash-"));
    await openHost("bad", { via: "ssh", target: `-oProxyCommand=touch ${folder}/owned`, configFile: sshd.configFile }).run(["true"], {
      timeoutMs: 3_000,
    });
    expect(existsSync(join(folder, "owned"))).toBe(false);
    rmSync(folder, { recursive: true });
  });

  test("a host that is not there is unreachable, which is not the same as a command that failed", async () => {
    const gone = openHost("gone", { via: "ssh", target: "gone.invalid", configFile: sshd.configFile });
    await expect(askHost(gone, "true", { signal, timeoutMs: 5_000 })).rejects.toMatchObject({ code: "host-unreachable" });
    await expect(askHost(sshd.host, "echo why >&2; exit 3", { signal, timeoutMs: 5_000 })).rejects.toMatchObject({
      code: "service-failed",
    });
    const error = await askHost(sshd.host, "sleep 5", { signal, timeoutMs: 300 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Failure);
  });

  test("a held line ends with its signal, and the other side with the line", async () => {
    const abort = new AbortController();
    const held = holdCommand(
      sshd.host,
      ["bash", "-c", 'echo "$1 up"; while sleep 0.1; do echo beat || exit; done', "held-by-test"],
      abort.signal,
    );
    held.on("error", () => {});
    const first = await new Promise<string>((resolve) => held.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString())));
    expect(first).toContain(" up");
    abort.abort();
    await expect.poll(() => commandLines().filter((line) => line.includes("held-by-test")), { timeout: 5_000 }).toEqual([]);
  });

  test("a plain process is started over ssh, outlives the connection, and is stopped again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ampel-remote-"));
    const control = openServiceControl(sshd.host, { manager: "process", pidFile: join(folder, "worker.pid"), start: ["sleep", "62"] });
    const limits = { signal, timeoutMs: 10_000 };
    await control.start(limits);
    expect(await control.state(signal)).toMatchObject({
      isRunning: true,
      mainPid: Number(readFileSync(join(folder, "worker.pid"), "utf8")),
    });
    await Promise.allSettled([control.restart(limits), control.start(limits), control.start(limits)]);
    expect(commandLines().filter((line) => line === "sleep 62 ")).toHaveLength(1);
    await control.stop(limits);
    expect((await control.state(signal)).isRunning).toBe(false);
    rmSync(folder, { recursive: true });
  });
});

function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    });
}

test("started by cron or a unit, with no shell above it, bash reads no bashrc of anybody", async () => {
  const { stdout, stderr, exitCode } = await openHost("local", { via: "local" }).script("echo ok", { env: { SHLVL: "0" } });
  expect([stdout.trim(), stderr, exitCode]).toEqual(["ok", "", 0]);
});
