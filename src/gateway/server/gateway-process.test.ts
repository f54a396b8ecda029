import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  benchKey,
  databaseUrlOf,
  removeBenchFolder,
  startGatewayProcess,
  startLoad,
  type GatewayProcess,
} from "../../../bench/gateway-support.ts";
import { startPostgres, type PostgresService } from "../../../test/services/postgres.ts";
import { needs } from "../../../test/services/server-process.ts";
import { systemClock } from "../../kernel/clock.ts";
import { openStore } from "../../store/store.ts";
import { retellEvent, sendRetell } from "./gateway.test-support.ts";

/** Real processes on a machine that does other things as well. */
const limitMs = 60_000;
const postgresNeed = needs("the gateway as a process, under load", "postgres", "initdb");
const load = { key: benchKey, connections: 16, bodyBytes: 600 };

describe.skipIf(postgresNeed.isMissing)(postgresNeed.title, { timeout: limitMs }, () => {
  let postgres: PostgresService;
  let url: string;
  const started: GatewayProcess[] = [];
  const start = async (given: { port?: number; folder?: string } = {}): Promise<GatewayProcess> => {
    const gateway = await startGatewayProcess(url, given);
    started.push(gateway);
    return gateway;
  };
  beforeAll(async () => {
    postgres = await startPostgres();
    url = databaseUrlOf(postgres);
    await (await openStore({ stateFolder: "/nowhere", databaseUrl: url })).close();
  }, 60_000);
  afterEach(async () => {
    for (const each of started.splice(0)) {
      await each.stop();
      removeBenchFolder(each.folder);
    }
    await postgres.query("truncate gateway.inbox_event");
  });
  afterAll(async () => await postgres.stop());

  async function expectOnce(kept: readonly string[]): Promise<void> {
    expect(kept.length).toBeGreaterThan(50);
    const lost = async (): Promise<number> => {
      const rows = await postgres.query("select dedup_key from gateway.inbox_event");
      const keys = rows.map((row) => String(row["dedup_key"]));
      expect(new Set(keys).size).toBe(keys.length);
      return kept.filter((callId) => !keys.includes(`call_ended:${callId}`)).length;
    };
    await expect.poll(lost, { timeout: 15_000 }).toBe(0);
  }

  test("kill -9 under load: every event that was answered is there, once", async () => {
    const gateway = await start();
    const running = await startLoad({ ...load, port: gateway.port, seconds: 2, prefix: "killed-" });
    await systemClock.sleep(800);
    gateway.child.kill("SIGKILL");
    const { kept, statuses } = await running.result;
    expect(statuses).toEqual({});
    // On a slow disk some lie in its spool: whoever runs next brings them over.
    await start({ folder: gateway.folder });
    await expectOnce(kept);
  });

  test("kill -9 while the spool is in use: its heir brings over every event that was answered", async () => {
    const gateway = await start();
    const running = await startLoad({ ...load, port: gateway.port, seconds: 2, prefix: "orphan-" });
    await systemClock.sleep(500);
    await postgres.kill();
    await systemClock.sleep(500);
    gateway.child.kill("SIGKILL");
    const { kept } = await running.result;
    await restart(postgres);
    await start({ folder: gateway.folder });
    await expectOnce(kept);
  });

  test("SIGTERM under load: no request is cut, no 2xx is lost, and another process on the same port goes on", async () => {
    const first = await start();
    const second = await start({ port: first.port });
    const running = await startLoad({ ...load, port: first.port, seconds: 3, prefix: "stopped-" });
    await systemClock.sleep(700);
    first.child.kill("SIGTERM");
    const [code] = (await once(first.child, "exit")) as [number];
    expect(code).toBe(0);
    const { kept, statuses, cut, refused } = await running.result;
    expect({ statuses, cut, refused }).toEqual({ statuses: {}, cut: 0, refused: 0 });
    await expectOnce(kept);
    expect(await second.health()).toMatchObject({ database: { taking: true } });
  });

  test("SIGTERM while the database is dead: what was answered lies in the spool for the next one", async () => {
    const gateway = await start();
    const running = await startLoad({ ...load, port: gateway.port, seconds: 1.5, prefix: "dark-" });
    await systemClock.sleep(400);
    await postgres.kill();
    await systemClock.sleep(400);
    const code = await gateway.stop();
    const { kept } = await running.result;
    expect(code).toBe(0);
    await restart(postgres);
    await start({ folder: gateway.folder });
    await expectOnce(kept);
  });

  test("two gateways get the same event: it is there once, whoever answers", async () => {
    const [left, right] = [await start(), await start()];
    const bodies = Array.from({ length: 60 }, (_, index) => retellEvent(`both-${index}`));
    const answers = await Promise.all(bodies.flatMap((body) => [left, right].map(({ port }) => sendRetell(port, body, { key: benchKey }))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    await expectOnce(Array.from({ length: 60 }, (_, index) => `both-${index}`));
  });

  test("a secret rotated under load: nothing that is genuine is refused", async () => {
    const gateway = await start();
    const file = join(gateway.folder, "ampel.yaml");
    const config = (keys: string): string =>
      `version: 1\nname: Bench\ngateway:\n  listen: { port: ${gateway.port} }\n  publicUrl: https://gw.example.test\n  retell: { keys: { ${keys} } }\n`;
    writeFileSync(join(gateway.folder, "new-key"), "the new key");
    const old = await startLoad({ ...load, connections: 4, port: gateway.port, seconds: 4, prefix: "old-" });
    writeFileSync(file, config(`main: "\${file:${gateway.folder}/key}", next: "\${file:${gateway.folder}/new-key}"`));
    await expect
      .poll(async () => (await sendRetell(gateway.port, retellEvent(), { key: "the new key" })).status, { timeout: 10_000 })
      .toBe(204);
    const fresh = await startLoad({ ...load, connections: 4, key: "the new key", port: gateway.port, seconds: 1, prefix: "new-" });
    const results = await Promise.all([old.result, fresh.result]);
    for (const { statuses, cut } of results) expect({ statuses, cut }).toEqual({ statuses: {}, cut: 0 });
    await expectOnce(results.flatMap(({ kept }) => kept));
  });
});

/** Children of a killed server may hold its memory a moment longer. */
async function restart(postgres: PostgresService): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await postgres.restart();
      return;
    } catch (error) {
      if (attempt === 5) throw error;
      await systemClock.sleep(200);
    }
  }
}
