import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startPostgres, type PostgresService } from "../../test/services/postgres.ts";
import { lookOnce, newMemory, read } from "../../test/services/probe-world.ts";
import { needs } from "../../test/services/server-process.ts";
import { postgresProbe } from "./postgres.ts";
import { acknowledgeSchema, acknowledgeTable } from "./table-watch.ts";

const service = needs("Postgres probe", "postgres", "initdb", "pg_basebackup");
describe.skipIf(service.isMissing)(service.title, () => {
  let server: PostgresService;
  const spec = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    port: server.port,
    user: server.user,
    password: `\${env:${server.passwordVariable}}`,
    database: server.database,
    ...more,
  });
  const watched = (rule: Record<string, unknown> = {}): Record<string, unknown> => spec({ tables: { calls: { min: 1, ...rule } } });

  beforeAll(async () => {
    server = await startPostgres({ max_connections: "13", superuser_reserved_connections: "3", max_prepared_transactions: "2" });
    await server.query("CREATE ROLE app LOGIN PASSWORD 'correct horse'", "GRANT ALL ON SCHEMA public TO app");
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.query(
      "DROP SCHEMA IF EXISTS public CASCADE",
      "CREATE SCHEMA public",
      "GRANT ALL ON SCHEMA public TO app",
      `CREATE TABLE calls (id serial PRIMARY KEY, caller text NOT NULL)`,
      "INSERT INTO calls (caller) SELECT generate_series(1, 100)",
      "CREATE TABLE logs (id int PRIMARY KEY)",
    );
  });

  test("a healthy server is ok twice, with its figures", async () => {
    const memory = newMemory();
    expect(await lookOnce(postgresProbe, watched(), { memory })).toMatchObject({
      state: "ok",
      measures: { "rows.calls": 100, maxConnections: 10, longestTransactionMs: 0 },
    });
    expect(await lookOnce(postgresProbe, watched(), { memory })).toMatchObject({ state: "ok" });
  });

  test("the socket serves as well as the port", async () => {
    expect(await lookOnce(postgresProbe, spec({ socket: server.socket }))).toMatchObject({ state: "ok" });
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
        "CREATE TABLE calls (id serial PRIMARY KEY, caller text NOT NULL)",
        "INSERT INTO calls (caller) SELECT generate_series(1, 95)",
      ],
      /created anew and has 95 rows, 100 before/,
    ],
  ];
  test.each(wipes)("a table that was %s is definite data loss at once, and stays one", async (_, statements, wording) => {
    const memory = newMemory();
    await lookOnce(postgresProbe, watched(), { memory });
    await server.query(...statements);
    const seen = await lookOnce(postgresProbe, watched(), { memory });
    expect(seen).toMatchObject({ state: "down", cause: "data-loss", isDefinite: true });
    expect(read(seen)).toMatch(wording);
    expect(await lookOnce(postgresProbe, watched(), { memory })).toMatchObject({ state: "down", cause: "data-loss" });
    // Two days later the small table is still no new normal.
    expect(await lookOnce(postgresProbe, watched(), { memory, clockMs: 2 * 86_400_000 })).toMatchObject({
      state: "down",
      cause: "data-loss",
    });
  });

  test("VACUUM FULL and CLUSTER are no wipe; the same rows in a table created anew are asked about", async () => {
    const memory = newMemory();
    await lookOnce(postgresProbe, watched(), { memory });
    await server.query("VACUUM FULL calls", "CLUSTER calls USING calls_pkey");
    expect(await lookOnce(postgresProbe, watched(), { memory })).toMatchObject({ state: "ok" });
    await server.query(
      "CREATE TABLE copy (LIKE calls INCLUDING ALL)",
      "INSERT INTO copy SELECT * FROM calls",
      "DROP TABLE calls CASCADE",
      "ALTER TABLE copy RENAME TO calls",
    );
    expect(await lookOnce(postgresProbe, watched(), { memory })).toMatchObject({ state: "degraded", cause: "schema-changed" });
    acknowledgeTable(memory, "calls");
    acknowledgeSchema(memory);
    expect(await lookOnce(postgresProbe, watched(), { memory })).toMatchObject({ state: "ok" });
  });

  test("rows that were put back end the finding", async () => {
    const memory = newMemory();
    await lookOnce(postgresProbe, watched(), { memory });
    await server.query("DELETE FROM calls WHERE id > 10");
    expect(await lookOnce(postgresProbe, watched(), { memory })).toMatchObject({ state: "down" });
    await server.query("INSERT INTO calls (caller) SELECT generate_series(1, 90)");
    expect(await lookOnce(postgresProbe, watched(), { memory })).toMatchObject({ state: "ok" });
  });

  test("a migration is announced once per change until it is acknowledged; a new table is none", async () => {
    const memory = newMemory();
    await lookOnce(postgresProbe, spec(), { memory });
    await server.query("CREATE TABLE extra (id INT)");
    expect(await lookOnce(postgresProbe, spec(), { memory })).toMatchObject({ state: "ok" });
    await server.query("ALTER TABLE calls ADD COLUMN outcome TEXT", "DROP TABLE logs", "DROP TABLE extra");
    const seen = await lookOnce(postgresProbe, spec(), { memory });
    expect(seen).toMatchObject({ state: "degraded", cause: "schema-changed" });
    expect(read(seen)).toContain("2 tables have vanished: ");
    expect(read(seen)).toContain("Columns of 1 tables have changed: calls");
    acknowledgeSchema(memory);
    expect(await lookOnce(postgresProbe, spec(), { memory })).toMatchObject({ state: "ok" });
  });

  test("a database that is gone is data loss, not an outage", async () => {
    const seen = await lookOnce(postgresProbe, spec({ database: "vanished" }));
    expect(seen).toMatchObject({ state: "down", cause: "data-loss", isDefinite: true });
    expect(read(seen)).toContain("no database vanished");
  });

  test("a table in another schema is watched by its full name", async () => {
    await server.query(
      "DROP SCHEMA IF EXISTS billing CASCADE",
      "CREATE SCHEMA billing",
      'CREATE TABLE billing."Invoices" (id int)',
      'INSERT INTO billing."Invoices" VALUES (1)',
    );
    const named = spec({ tables: { "billing.Invoices": { min: 1 }, calls: {} } });
    expect(await lookOnce(postgresProbe, named)).toMatchObject({
      state: "ok",
      measures: { "rows.billing.Invoices": 1, "rows.calls": 100 },
    });
  });

  test("a big table is counted only up to the limit", async () => {
    await server.query("INSERT INTO calls (caller) SELECT generate_series(1, 5000)");
    expect((await lookOnce(postgresProbe, { ...watched(), countLimit: 1000 })).measures).toMatchObject({ "rows.calls": 1000 });
  });

  test("the write canary reads back what it wrote, and sees a server that is read only", async () => {
    expect(await lookOnce(postgresProbe, spec({ canary: true }))).toMatchObject({ state: "ok" });
    await server.query("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()");
    try {
      await vi.waitFor(
        async () =>
          expect(await lookOnce(postgresProbe, spec({ canary: true }))).toMatchObject({ state: "down", cause: "database-readonly" }),
        { timeout: 5000 },
      );
      expect(await lookOnce(postgresProbe, spec({ replication: { role: "primary" } }))).toMatchObject({ state: "down" });
    } finally {
      await server.query(
        "SET default_transaction_read_only = off",
        "ALTER SYSTEM RESET default_transaction_read_only",
        "SELECT pg_reload_conf()",
      );
    }
  });

  test("a prepared transaction that nobody finished is found", async () => {
    await server.query("BEGIN", "INSERT INTO logs VALUES (1)", "PREPARE TRANSACTION 'forgotten'");
    try {
      expect(read(await lookOnce(postgresProbe, spec({ longestTransaction: "1ms" })))).toContain("prepared forgotten");
    } finally {
      await server.query("ROLLBACK PREPARED 'forgotten'");
    }
  });

  test("a transaction that was left open is named without its values", async () => {
    const idle = await server.connect();
    try {
      await idle.query("BEGIN");
      await idle.query("UPDATE calls SET caller = '+49 30 5550001' WHERE id = 1");
      const seen = await vi.waitFor(
        async () => {
          const result = await lookOnce(postgresProbe, spec({ longestTransaction: "1s" }));
          expect(result).toMatchObject({ state: "degraded", cause: "long-transaction" });
          return result;
        },
        { timeout: 5000 },
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
      await holder.query("BEGIN");
      await holder.query("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE");
      const seen = await lookOnce(postgresProbe, watched(), { deadlineMs: 2000 });
      expect(seen).toMatchObject({ state: "degraded", cause: "slow-response" });
      expect(seen.durationMs).toBeLessThan(2000);
    } finally {
      await holder.end();
    }
  });

  test("the last free connection is exhaustion, and a full server says so", async () => {
    const others = [];
    for (let count = 0; count < 8; count += 1) others.push(await server.connect());
    try {
      expect(await lookOnce(postgresProbe, spec())).toMatchObject({ state: "degraded", cause: "connections-exhausted" });
      for (let count = 0; count < 3; count += 1) others.push(await server.connect().catch(() => undefined));
      expect(await lookOnce(postgresProbe, spec({ user: "app" }))).toMatchObject({ state: "down", cause: "connections-exhausted" });
    } finally {
      for (const other of others) await other?.end();
    }
  });

  test("a wrong password is unknown, says who, and never shows the password", async () => {
    process.env["AMPEL_TEST_WRONG"] = "wrong battery";
    const seen = await lookOnce(postgresProbe, spec({ password: "${env:AMPEL_TEST_WRONG}" }));
    expect(seen.state).toBe("unknown");
    expect(read(seen)).toContain("rejects the login of probe");
    expect(JSON.stringify(seen)).not.toContain("wrong battery");
  });

  test("a user with few rights sees the tables, and what it cannot see is not called ok", async () => {
    await server.query("GRANT SELECT ON calls TO app");
    const memory = newMemory();
    const modest = { ...watched(), user: "app" };
    const other = await server.connect();
    try {
      expect(await lookOnce(postgresProbe, modest, { memory })).toMatchObject({
        state: "ok",
        evidence: expect.stringContaining("not visible"),
      });
      expect(await lookOnce(postgresProbe, { ...modest, longestTransaction: "5m" }, { memory })).toMatchObject({ state: "unknown" });
      await server.query("REVOKE ALL ON calls FROM app");
      expect(await lookOnce(postgresProbe, modest, { memory })).toMatchObject({ state: "unknown" });
      await server.query("DROP TABLE calls");
      expect(await lookOnce(postgresProbe, modest, { memory })).toMatchObject({ state: "down", cause: "data-loss" });
    } finally {
      await other.end();
    }
  });

  test("a standby in step is ok, one whose primary is gone is broken, and a promoted one is named", async () => {
    expect(await lookOnce(postgresProbe, spec({ replication: { role: "replica" } }))).toMatchObject({
      state: "down",
      cause: "replication-lag",
    });
    expect(read(await lookOnce(postgresProbe, spec({ replication: { role: "primary" } })))).toContain("0 replicas connected, 1 expected");
    const standby = await startPostgres({ max_connections: "13", max_prepared_transactions: "2" }, server);
    try {
      const replica = spec({ port: standby.port, replication: { role: "replica" } });
      await vi.waitFor(
        async () => expect(await lookOnce(postgresProbe, replica)).toMatchObject({ state: "ok", measures: { replicationLagMs: 0 } }),
        { timeout: 5000 },
      );
      expect(await lookOnce(postgresProbe, spec({ replication: { role: "primary" } }))).toMatchObject({ state: "ok" });
      expect(await lookOnce(postgresProbe, { ...replica, replication: { role: "primary" } })).toMatchObject({
        state: "down",
        cause: "database-readonly",
      });
      await standby.query("SELECT pg_wal_replay_pause()");
      expect(read(await lookOnce(postgresProbe, replica))).toContain("replay is paused");
      await standby.query("SELECT pg_wal_replay_resume()");
      await server.kill();
      await vi.waitFor(async () => expect(read(await lookOnce(postgresProbe, replica))).toContain("no connection to the primary"), {
        timeout: 5000,
      });
    } finally {
      await standby.stop();
      await server.restart();
    }
  });

  test("a frozen server is silent until the deadline, a killed one refuses at once, and both are red", async () => {
    server.process.freeze();
    const frozen = await lookOnce(postgresProbe, spec(), { deadlineMs: 300 });
    server.process.thaw();
    expect(frozen).toMatchObject({ state: "down", cause: "database-down" });
    expect(frozen.durationMs).toBeLessThan(600);
    await server.kill();
    expect(await lookOnce(postgresProbe, spec())).toMatchObject({ state: "down", cause: "database-down" });
    await server.restart();
    expect(await lookOnce(postgresProbe, watched())).toMatchObject({ state: "ok" });
  });
});
