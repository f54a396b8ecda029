import { afterAll, describe, expect, test } from "vitest";
import { startMariadb } from "./mariadb.ts";
import { startPostgres } from "./postgres.ts";
import { startRedis } from "./redis.ts";
import { needs } from "./server-process.ts";

const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const stop of stops) await stop();
});

const mariadb = needs("MariaDB for tests", "mariadbd", "mariadb-install-db");
describe.skipIf(mariadb.isMissing)(mariadb.title, () => {
  test("survives a kill with its rows and comes back on the same port", async () => {
    const service = await startMariadb();
    stops.push(service.stop);
    await service.query("CREATE TABLE calls (id INT)", "INSERT INTO calls VALUES (1)");
    await service.kill();
    await expect(service.query("SELECT 1")).rejects.toThrow();
    await service.restart();
    expect(await service.query("SELECT count(*) AS n FROM calls")).toEqual([{ n: 1 }]);
  });
});

const postgres = needs("Postgres for tests", "postgres", "initdb", "pg_basebackup");
describe.skipIf(postgres.isMissing)(postgres.title, () => {
  test("feeds a standby of its own", async () => {
    const primary = await startPostgres();
    stops.push(primary.stop);
    const standby = await startPostgres({}, primary);
    stops.push(standby.stop);
    expect(await standby.query("SELECT pg_is_in_recovery() AS standby")).toEqual([{ standby: true }]);
  });
});

const redis = needs("Redis for tests", "redis-server");
describe.skipIf(redis.isMissing)(redis.title, () => {
  test("listens on a port of its own until it is stopped", async () => {
    const first = await startRedis();
    const second = await startRedis({ requirepass: "secret" });
    expect(first.port).not.toBe(second.port);
    await first.stop();
    await second.stop();
  });
});
