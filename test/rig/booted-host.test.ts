import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rigMissing } from "./availability.ts";
import { startLab, type BootedHost, type Lab } from "./booted-host.ts";
import { runCommand, type CommandResult } from "./command.ts";
import { listTraces } from "./traces.ts";

const missing = rigMissing();
const whySkipped = missing === undefined ? "" : ` (skipped: ${missing})`;
const limitMs = 90_000;
const services = ["mariadb", "redis-server", "nginx", "php8.2-fpm", "postgresql", "ssh", "supervisor", "cron"];
const notNeeded = ["postgresql.service", "mariadb.service"];

function isAlive(trace: string): boolean {
  return /^(process|member)/.test(trace);
}

function ssh(host: BootedHost, ...command: string[]): Promise<CommandResult> {
  return runCommand(["ssh", "-F", host.sshConfigFile, host.sshTarget, ...command]);
}

describe.skipIf(missing)(
  `booted hosts${whySkipped}`,
  () => {
    let lab: Lab;
    let primary: BootedHost;
    let backup: BootedHost;

    beforeAll(async () => {
      lab = await startLab();
      // At once on purpose: hosts that share a cgroup path break each other while they boot.
      [primary, backup] = await Promise.all([lab.bootHost({ name: "primary" }), lab.bootHost({ name: "backup" })]);
    }, limitMs);
    afterAll(async () => lab?.stop(), limitMs);

    test("a host boots with every service of a guarded server running", async () => {
      const answer = await ssh(primary, "systemctl", "is-active", ...services);
      expect(answer.stdout.split("\n")).toEqual(services.map(() => "active"));
      expect((await ssh(primary, "hostname")).stdout).toBe("primary");
      expect((await ssh(primary, "systemctl", "is-system-running")).stdout).toBe("running");
    });

    test("hosts of a lab know each other by name", async () => {
      const answer = await ssh(primary, "curl", "--silent", "http://backup/");
      expect(answer.stdout).toContain("gateway");
    });

    test("the emergency user logs in and may become root", async () => {
      const answer = await ssh(backup, "-l", "emergency", "sudo", "-n", "id", "-un");
      expect(answer).toEqual({ exitCode: 0, stdout: "root", stderr: "" });
    });

    test("ssh refuses a host that shows another key than the pinned one", async () => {
      const answer = await runCommand(["ssh", "-F", lab.sshConfigFile, "-o", "HostKeyAlias=backup", "primary", "true"]);
      expect(answer.exitCode).toBe(255);
      expect(answer.stderr).toContain("Host key verification failed");
    });

    test("the gateway tells its clients why it is down when its database is", async () => {
      const ask = ["curl", "--silent", "--write-out", "%{http_code}", `http://${primary.address}/health`];
      expect((await lab.exec(ask)).stdout).toMatch(/"status":"ok".*200$/s);
      await ssh(primary, "systemctl", "stop", "mariadb");
      expect((await lab.exec(ask)).stdout).toMatch(/"status":"down".*503$/s);
      await ssh(primary, "systemctl", "start", "mariadb");
      expect((await lab.exec(ask)).stdout).toMatch(/"status":"ok".*200$/s);
    });

    test("a call put into the queue is written by the worker that supervisor keeps", async () => {
      await ssh(backup, "redis-cli", "rpush", "gateway:calls", "+49-30-5550009");
      const count = "SELECT COUNT(*) FROM gateway.calls WHERE caller = '+49-30-5550009'";
      await expect
        .poll(async () => (await backup.exec(["mariadb", "-N", "-e", count])).stdout, {
          timeout: 10_000,
        })
        .toBe("1");
    });

    test("a killed nginx stays down, a killed redis comes back, on two hosts that run at once", async () => {
      for (const host of [primary, backup]) {
        expect(await ssh(host, "systemctl", "kill", "-s", "KILL", "nginx")).toMatchObject({
          exitCode: 0,
          stderr: "",
        });
        expect(await ssh(host, "systemctl", "kill", "-s", "KILL", "redis-server")).toMatchObject({
          exitCode: 0,
        });
        await expect.poll(async () => (await ssh(host, "systemctl", "is-active", "redis-server")).stdout).toBe("active");
        // Redis needed its restart delay and more; nginx had the same time.
        expect(await ssh(host, "systemctl", "is-active", "nginx")).toMatchObject({
          exitCode: 3,
          stdout: "failed",
        });
        expect(await ssh(host, "systemctl", "restart", "nginx")).toMatchObject({ exitCode: 0 });
        expect((await ssh(host, "systemctl", "is-active", "nginx")).stdout).toBe("active");
      }
    });

    test("a forwarded port leads to the host, and a cut link cuts ssh but not the way in from outside", async () => {
      const { port } = await backup.forwardPort(80);
      const answer = await fetch(`http://127.0.0.1:${port}/`, {
        signal: AbortSignal.timeout(10_000),
      });
      expect(await answer.text()).toContain("gateway");

      await backup.cutLink();
      const cut = await runCommand(["ssh", "-F", lab.sshConfigFile, "-o", "ConnectTimeout=1", "backup", "true"]);
      expect(cut.exitCode).toBe(255);
      expect((await backup.exec(["hostname"])).stdout).toBe("backup");
      await backup.joinLink();
      await expect.poll(async () => (await ssh(backup, "true")).exitCode, { timeout: 15_000 }).toBe(0);
    });
  },
  limitMs,
);

describe.skipIf(missing)(
  `a stopped lab${whySkipped}`,
  () => {
    test("leaves no namespace, process, mount, cgroup or file, and its host is down", async () => {
      const lab = await startLab();
      const host = await lab.bootHost({ name: "short-lived", without: notNeeded });
      expect((await host.exec(["systemctl", "is-active", "mariadb"])).stdout).toBe("inactive");
      expect(listTraces(lab.name)).not.toEqual([]);

      await lab.stop();
      await lab.stop();
      expect(listTraces(lab.name)).toEqual([]);
      await expect(host.exec(["true"])).rejects.toThrow("short-lived is down");
    });

    test("a host that fails to boot in time is removed and says what its console showed", async () => {
      const lab = await startLab();
      await expect(lab.bootHost({ name: "late", bootLimitMs: 100 })).rejects.toThrow(/late did not boot.*100 ms/s);
      expect(listTraces(`${lab.name}.late`)).toEqual([]);
      await lab.stop();
    });

    test("what a killed run left behind is removed by the next one", async () => {
      const module = pathToFileURL(join(import.meta.dirname, "booted-host.ts")).href;
      const script = `
      const { startLab } = await import(${JSON.stringify(module)});
      const lab = await startLab();
      await lab.bootHost({ name: "orphan", without: ${JSON.stringify(notNeeded)} });
      process.stdout.write(lab.name);
      process.kill(process.pid, "SIGKILL");`;
      const run = await execa(process.execPath, ["--input-type=module", "--eval", script], {
        reject: false,
        timeout: 60_000,
      });
      expect(run).toMatchObject({ signal: "SIGKILL" });
      expect(run.stdout).toMatch(/^ampel-lab-\d+$/);
      expect(listTraces(run.stdout)).not.toEqual([]);
      // Its hosts die with it; what is left are names.
      await expect.poll(() => listTraces(run.stdout).filter(isAlive)).toEqual([]);

      const next = await startLab();
      expect(listTraces(run.stdout)).toEqual([]);
      await next.stop();
    });
  },
  limitMs,
);
