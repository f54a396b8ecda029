import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startMariadb, type MariadbService } from "../../test/services/mariadb.ts";
import { lookOnce, newMemory, read } from "../../test/services/probe-world.ts";
import { needs } from "../../test/services/server-process.ts";
import { mariadbProbe } from "./mariadb.ts";
import { acknowledgeSchema, acknowledgeTable } from "./table-watch.ts";

const service = needs("MariaDB probe", "mariadbd", "mariadb-install-db");
describe.skipIf(service.isMissing)(service.title, () => {
  let server: MariadbService;
  const spec = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    port: server.port,
    user: server.user,
    password: `\${env:${server.passwordVariable}}`,
    database: server.database,
    ...more,
  });
  const watched = (rule: Record<string, unknown> = {}): Record<string, unknown> => spec({ tables: { calls: { min: 1, ...rule } } });

  beforeAll(async () => {
    // A server that thinks in another time zone than its machine must not show transactions hours old.
    server = await startMariadb(["--default-time-zone=+05:00", "--max-connections=10"]);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.query(
      "SET GLOBAL read_only = 0",
      "DROP DATABASE IF EXISTS gateway",
      "CREATE DATABASE gateway",
      "USE gateway",
      "CREATE TABLE calls (id INT AUTO_INCREMENT PRIMARY KEY, caller VARCHAR(32) NOT NULL)",
      "INSERT INTO calls (caller) SELECT seq FROM seq_1_to_100",
      "CREATE TABLE logs (id INT PRIMARY KEY)",
    );
  });

  test("a healthy server is ok twice, with its figures", async () => {
    const memory = newMemory();
    expect(await lookOnce(mariadbProbe, watched(), { memory })).toMatchObject({
      state: "ok",
      measures: { "rows.calls": 100, maxConnections: 10, longestTransactionMs: 0 },
    });
    expect(await lookOnce(mariadbProbe, watched(), { memory })).toMatchObject({ state: "ok" });
  });

  test("the socket serves as well as the port", async () => {
    expect(await lookOnce(mariadbProbe, spec({ socket: server.socket }))).toMatchObject({ state: "ok" });
  });

  const wipes: [string, string[], RegExp][] = [
    ["emptied", ["DELETE FROM calls"], /0 of 100 rows/],
    ["truncated", ["TRUNCATE calls"], /0 of 100 rows/],
    ["dropped", ["DROP TABLE calls"], /calls is missing \(100 rows before\)/],
    ["thinned by a third", ["DELETE FROM calls WHERE id % 3 = 0"], /67 of 100 rows left \(33 % fewer/],
    [
      "recreated by a migration with seeds of its own",
      [
        "DROP TABLE calls",
        "CREATE TABLE calls (id INT AUTO_INCREMENT PRIMARY KEY, caller VARCHAR(32) NOT NULL)",
        "INSERT INTO calls (caller) SELECT seq FROM seq_1_to_95",
      ],
      /created anew and has 95 rows, 100 before/,
    ],
  ];
  test.each(wipes)("a table that was %s is definite data loss at once, and stays one", async (_, statements, wording) => {
    const memory = newMemory();
    await lookOnce(mariadbProbe, watched(), { memory });
    await server.query(...statements);
    const seen = await lookOnce(mariadbProbe, watched(), { memory });
    expect(seen).toMatchObject({ state: "down", cause: "data-loss", isDefinite: true });
    expect(read(seen)).toMatch(wording);
    expect(await lookOnce(mariadbProbe, watched(), { memory })).toMatchObject({ state: "down", cause: "data-loss" });
    // Two days later the small table is still no new normal.
    expect(await lookOnce(mariadbProbe, watched(), { memory, clockMs: 2 * 86_400_000 })).toMatchObject({
      state: "down",
      cause: "data-loss",
    });
  });

  test("the same rows in a table created anew are asked about until somebody acknowledges it", async () => {
    const memory = newMemory();
    await lookOnce(mariadbProbe, watched(), { memory });
    await server.query(
      "CREATE TABLE copy LIKE calls",
      "INSERT INTO copy SELECT * FROM calls",
      "DROP TABLE calls",
      "RENAME TABLE copy TO calls",
    );
    expect(await lookOnce(mariadbProbe, watched(), { memory })).toMatchObject({ state: "degraded", cause: "schema-changed" });
    expect(await lookOnce(mariadbProbe, watched({ allowRebuild: true }), { memory })).toMatchObject({ state: "ok" });
    acknowledgeTable(memory, "calls");
    expect(await lookOnce(mariadbProbe, watched(), { memory })).toMatchObject({ state: "ok" });
  });

  test("rows that were put back end the finding", async () => {
    const memory = newMemory();
    await lookOnce(mariadbProbe, watched(), { memory });
    await server.query("DELETE FROM calls WHERE id > 10");
    expect(await lookOnce(mariadbProbe, watched(), { memory })).toMatchObject({ state: "down" });
    await server.query("INSERT INTO calls (caller) SELECT seq FROM seq_1_to_90");
    expect(await lookOnce(mariadbProbe, watched(), { memory })).toMatchObject({ state: "ok" });
  });

  test("a migration is announced once per change until it is acknowledged; a new table is none", async () => {
    const memory = newMemory();
    await lookOnce(mariadbProbe, spec(), { memory });
    await server.query("CREATE TABLE extra (id INT)");
    expect(await lookOnce(mariadbProbe, spec(), { memory })).toMatchObject({ state: "ok" });
    await server.query("ALTER TABLE calls ADD COLUMN outcome TEXT", "DROP TABLE logs", "DROP TABLE extra");
    const seen = await lookOnce(mariadbProbe, spec(), { memory });
    expect(seen).toMatchObject({ state: "degraded", cause: "schema-changed" });
    expect(read(seen)).toContain("2 tables have vanished: ");
    expect(read(seen)).toContain("Columns of 1 tables have changed: calls");
    acknowledgeSchema(memory);
    expect(await lookOnce(mariadbProbe, spec(), { memory })).toMatchObject({ state: "ok" });
  });

  test("a database that is gone is data loss, not an outage", async () => {
    await server.query("DROP DATABASE gateway");
    const seen = await lookOnce(mariadbProbe, spec());
    expect(seen).toMatchObject({ state: "down", cause: "data-loss", isDefinite: true });
    expect(read(seen)).toContain("no database gateway");
  });

  test("a big table is counted only up to the limit", async () => {
    await server.query("INSERT INTO calls (caller) SELECT seq FROM seq_1_to_5000");
    expect((await lookOnce(mariadbProbe, { ...watched(), countLimit: 1000 })).measures).toMatchObject({ "rows.calls": 1000 });
  });

  test("the write canary reads back what it wrote, and sees a server that is read only", async () => {
    expect(await lookOnce(mariadbProbe, spec({ canary: true }))).toMatchObject({ state: "ok" });
    await server.query(
      "CREATE OR REPLACE USER app@'%' IDENTIFIED BY 'correct horse'",
      "GRANT ALL ON gateway.* TO app@'%'",
      "SET GLOBAL read_only = 1",
    );
    expect(await lookOnce(mariadbProbe, spec({ user: "app", canary: true }))).toMatchObject({ state: "down", cause: "database-readonly" });
    expect(await lookOnce(mariadbProbe, spec({ replication: { role: "primary" } }))).toMatchObject({ state: "down" });
  });

  test("a transaction that was left open is named without its values", async () => {
    const idle = await server.connect();
    try {
      await idle.query("START TRANSACTION");
      await idle.query("UPDATE calls SET caller = '+49 30 5550001' WHERE id = 1");
      // The server refreshes its list only after 100 ms without a reader, and counts whole seconds.
      const seen = await vi.waitFor(
        async () => {
          const result = await lookOnce(mariadbProbe, spec({ longestTransaction: "1s" }));
          expect(result).toMatchObject({ state: "degraded", cause: "long-transaction" });
          return result;
        },
        { timeout: 5000, interval: 300 },
      );
      expect(seen.measures?.["longestTransactionMs"]).toBeLessThan(20_000);
      expect(JSON.stringify(seen)).not.toContain("5550001");
    } finally {
      await idle.end();
    }
  });

  test("a locked table is slow, not a dead server, and the look ends in time", async () => {
    const holder = await server.connect();
    try {
      await holder.query("LOCK TABLES calls WRITE");
      const seen = await lookOnce(mariadbProbe, watched(), { deadlineMs: 2000 });
      expect(seen).toMatchObject({ state: "degraded", cause: "slow-response" });
      expect(seen.durationMs).toBeLessThan(2000);
    } finally {
      holder.destroy();
    }
  });

  test("the last free connection is exhaustion, and a full server says so", async () => {
    const others = [];
    for (let count = 0; count < 8; count += 1) others.push(await server.connect());
    try {
      expect(await lookOnce(mariadbProbe, spec())).toMatchObject({ state: "degraded", cause: "connections-exhausted" });
      for (let count = 0; count < 3; count += 1) others.push(await server.connect().catch(() => undefined));
      expect(await lookOnce(mariadbProbe, spec({ user: "app" }))).toMatchObject({ state: "down", cause: "connections-exhausted" });
    } finally {
      for (const other of others) await other?.end();
    }
  });

  test("a wrong password is unknown, says who, and never shows the password", async () => {
    process.env["AMPEL_TEST_WRONG"] = "wrong battery";
    const seen = await lookOnce(mariadbProbe, spec({ password: "${env:AMPEL_TEST_WRONG}" }));
    expect(seen.state).toBe("unknown");
    expect(read(seen)).toContain("rejects the login of probe");
    expect(JSON.stringify(seen)).not.toContain("wrong battery");
  });

  test("a user with few rights sees the tables, and what it cannot see is not called ok", async () => {
    await server.query("CREATE OR REPLACE USER reader@'%' IDENTIFIED BY 'correct horse'", "GRANT SELECT ON gateway.* TO reader@'%'");
    const memory = newMemory();
    const modest = { ...watched(), user: "reader" };
    expect(await lookOnce(mariadbProbe, modest, { memory })).toMatchObject({
      state: "ok",
      evidence: expect.stringContaining("not visible"),
    });
    expect(await lookOnce(mariadbProbe, { ...modest, longestTransaction: "5m" }, { memory })).toMatchObject({ state: "unknown" });
    expect(await lookOnce(mariadbProbe, { ...modest, replication: { role: "replica" } }, { memory })).toMatchObject({ state: "unknown" });
    await server.query("DROP TABLE calls");
    expect(await lookOnce(mariadbProbe, modest, { memory })).toMatchObject({ state: "down", cause: "data-loss" });
  });

  test("a replica that does not replicate is broken, one that was never set up as well", async () => {
    const replica = spec({ replication: { role: "replica" } });
    expect(await lookOnce(mariadbProbe, replica)).toMatchObject({ state: "down", cause: "replication-lag" });
    await server.query("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=1, MASTER_USER='nobody'");
    expect(read(await lookOnce(mariadbProbe, replica))).toContain("Replication has stopped");
    await server.query("RESET SLAVE ALL");
  });

  test("a frozen server is silent until the deadline, a killed one refuses at once, and both are red", async () => {
    server.process.freeze();
    const frozen = await lookOnce(mariadbProbe, spec(), { deadlineMs: 300 });
    server.process.thaw();
    expect(frozen).toMatchObject({ state: "down", cause: "database-down" });
    expect(frozen.durationMs).toBeLessThan(600);
    await server.kill();
    expect(await lookOnce(mariadbProbe, spec())).toMatchObject({ state: "down", cause: "database-down" });
    await server.restart();
    expect(await lookOnce(mariadbProbe, watched())).toMatchObject({ state: "ok" });
  });
});
