import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { databaseUrlOf, getText } from "../../../bench/gateway-support.ts";
import { startPostgres, type PostgresService } from "../../../test/services/postgres.ts";
import { findFreePort, needs } from "../../../test/services/server-process.ts";
import { retellEvent, sendRetell, signRetell } from "./gateway.test-support.ts";

const postgresNeed = needs("ampel up, the real program", "postgres", "initdb");
const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
const key = "key_of_the_test";
const startLimit = { timeout: 30_000, interval: 100 };

describe.skipIf(postgresNeed.isMissing)(postgresNeed.title, { timeout: 90_000 }, () => {
  let postgres: PostgresService;
  let folder: string;
  let gatewayPort: number;
  let daemonPort: number;
  const started: ChildProcess[] = [];
  beforeAll(async () => {
    postgres = await startPostgres();
    folder = mkdtempSync(join(tmpdir(), "ampel-up-"));
    chmodSync(folder, 0o755);
    [gatewayPort, daemonPort] = [await findFreePort(), await findFreePort()];
    writeFileSync(join(folder, "key"), key);
    writeFileSync(
      join(folder, "ampel.yaml"),
      `version: 1\nname: Up\ngateway:\n  listen: { port: ${gatewayPort} }\n  publicUrl: https://gw.example.test\n  trustedProxies: [127.0.0.1]\n  retell: { keys: { main: "\${file:${folder}/key}" } }\n`,
    );
  }, 60_000);
  afterEach(async () => {
    for (const child of started.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  });
  afterAll(async () => {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const startUp = (): ChildProcess => {
    const child = spawn(process.execPath, [main, "up", "--listen", `127.0.0.1:${daemonPort}`, "--config", join(folder, "ampel.yaml")], {
      env: { ...process.env, AMPEL_STATE_DIR: join(folder, "state"), AMPEL_DATABASE_URL: databaseUrlOf(postgres) },
      stdio: ["ignore", "ignore", "ignore"],
    });
    started.push(child);
    return child;
  };
  const gatewayPid = async (): Promise<number> =>
    await getText(gatewayPort, "/health").then(
      (page) => (JSON.parse(page) as { pid: number }).pid,
      () => 0,
    );
  const isDaemonUp = async (): Promise<boolean> =>
    await getText(daemonPort, "/heartbeat/nobody").then(
      () => true,
      () => false,
    );
  const expectUp = async (): Promise<number> => {
    await expect.poll(isDaemonUp, startLimit).toBe(true);
    await expect.poll(gatewayPid, startLimit).toBeGreaterThan(0);
    return await gatewayPid();
  };

  test("both come up, a killed gateway is started again and keeps what comes, SIGTERM ends both and leaves nothing", async () => {
    const up = startUp();
    const pid = await expectUp();
    const children = childrenOf(up.pid ?? 0);
    expect(children).toContain(pid);
    expect(children).toHaveLength(2);
    process.kill(pid, "SIGKILL");
    await expect.poll(async () => (await gatewayPid()) > 0 && (await gatewayPid()) !== pid, startLimit).toBe(true);
    expect(await isDaemonUp()).toBe(true);
    const body = retellEvent("call_up");
    const headers = { ...signRetell(body, { key }), "x-forwarded-for": "198.51.100.7" };
    expect(await sendRetell(gatewayPort, body, { headers })).toMatchObject({ status: 204 });
    const kept = async (): Promise<unknown> =>
      await postgres.query("select source_address from gateway.inbox_event where ordering_key = 'call_up'");
    await expect.poll(kept, startLimit).toEqual([{ source_address: "198.51.100.7" }]);

    const family = familyOf(up.pid ?? 0);
    up.kill("SIGTERM");
    const [code] = (await once(up, "exit")) as [number | null];
    expect(code).toBe(0);
    expect(family.filter(isAlive)).toEqual([]);
    expect([await isDaemonUp(), await gatewayPid()]).toEqual([false, 0]);
  });

  test("kill -9 of the program itself: the kernel ends what it had started", async () => {
    const up = startUp();
    await expectUp();
    const family = familyOf(up.pid ?? 0);
    expect(family.length).toBeGreaterThanOrEqual(2);
    up.kill("SIGKILL");
    await expect.poll(() => family.filter(isAlive), startLimit).toEqual([]);
  });
});

/** By the kernel's own list. */
function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, "utf8").split(" ").filter(Boolean).map(Number) : [];
}

/** Children of a process, and theirs: what a check of the daemon has just started. */
function familyOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...familyOf(child)]);
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}
