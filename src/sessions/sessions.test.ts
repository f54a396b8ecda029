import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startMariadb, type MariadbService } from "../../test/services/mariadb.ts";
import { startPostgres, type PostgresService } from "../../test/services/postgres.ts";
import { needs } from "../../test/services/server-process.ts";
import { sqlConnectionSchema, type SqlConnection } from "../integrations/sql-session.ts";
import { endSessions, planEnd } from "./end.ts";
import { listSessions } from "./list.ts";

const soon = (): AbortSignal => AbortSignal.timeout(10_000);

/** What both drivers' connections have in common. */
type Client = { query(text: string): Promise<unknown>; end(): Promise<void>; on(event: "error", listener: () => void): unknown };

const engines = [
  { engine: "mariadb", start: startMariadb, needed: ["mariadbd", "mariadb-install-db"], ownId: "SELECT CONNECTION_ID() AS id" },
  { engine: "postgres", start: startPostgres, needed: ["postgres", "initdb", "pg_basebackup"], ownId: "SELECT pg_backend_pid() AS id" },
] as const;

for (const { engine, start, needed, ownId } of engines) {
  const service = needs(`Sessions of ${engine}`, ...needed);
  describe.skipIf(service.isMissing)(service.title, () => {
    let server: MariadbService | PostgresService;
    let database: SqlConnection;
    beforeAll(async () => {
      server = await start();
      await server.query("CREATE TABLE calls (id INT PRIMARY KEY, caller VARCHAR(32))", "INSERT INTO calls VALUES (1, 'x')");
      database = sqlConnectionSchema.parse({
        engine,
        port: server.port,
        user: server.user,
        password: `\${env:${server.passwordVariable}}`,
        database: server.database,
      });
    });
    afterAll(() => server.stop());

    /** A client in an open transaction that holds a lock; `isAlive` asks whether it still can speak. */
    async function leaveOpen(): Promise<{ id: number; isAlive(): Promise<boolean>; end(): Promise<void> }> {
      const connection = (await server.connect()) as Client;
      connection.on("error", () => {});
      const run = async (text: string): Promise<Record<string, unknown>[]> => {
        const answer: unknown = await connection.query(text);
        return (Array.isArray(answer) ? answer[0] : (answer as { rows: unknown }).rows) as Record<string, unknown>[];
      };
      const [own] = await run(ownId);
      await run("BEGIN");
      await run("UPDATE calls SET caller = '+49 30 5550001' WHERE id = 1");
      return {
        id: Number(own?.["id"]),
        isAlive: async () =>
          await run("SELECT 1").then(
            () => true,
            () => false,
          ),
        end: async () => await connection.end().catch(() => {}),
      };
    }

    test("the longest transaction is first, its statement masked, our own session guarded", async () => {
      const open = await leaveOpen();
      try {
        const list = await listSessions(database, soon());
        expect(list.sessions[0]).toMatchObject({ id: open.id, client: expect.any(String), transactionMs: expect.any(Number) });
        expect(list.used).toBeGreaterThanOrEqual(2);
        expect(list.max).toBeGreaterThan(list.used);
        expect(list.isPartial).toBe(false);
        expect(JSON.stringify(list)).not.toContain("5550001");
        expect(list.sessions.filter(({ protectedBy }) => protectedBy?.key === "session.own")).toHaveLength(1);
      } finally {
        await open.end();
      }
    });

    test("only the named session ends, and it is proved to be gone", async () => {
      const named = await leaveOpen();
      const other = (await server.connect()) as Client;
      try {
        const plan = await planEnd(database, [named.id, named.id, 999_999], soon());
        expect(plan.sessions.map(({ id }) => id)).toEqual([named.id]);
        expect(plan.refusals).toMatchObject([{ id: 999_999 }]);
        expect(await named.isAlive()).toBe(true);
        expect(await endSessions(database, plan, soon())).toMatchObject([{ id: named.id, state: "ended" }]);
        expect(await named.isAlive()).toBe(false);
        await other.query("SELECT 1");
        // The same plan again ends nobody.
        expect(await endSessions(database, plan, soon())).toMatchObject([{ state: "gone" }]);
      } finally {
        await named.end();
        await other.end();
      }
    });

    test("an id that another session has got by now is left alone", async () => {
      const open = await leaveOpen();
      try {
        const plan = await planEnd(database, [open.id], soon());
        const stale = {
          ...plan,
          sessions: plan.sessions.map((session) => ({ ...session, identity: `2001-01-01 00:00:00+00/${session.id}/${session.user}` })),
        };
        expect(await endSessions(database, stale, soon())).toMatchObject([{ state: "changed" }]);
        expect(await open.isAlive()).toBe(true);
      } finally {
        await open.end();
      }
    });

    test("a wrong password is a failure that says who, without the password", async () => {
      process.env["AMPEL_TEST_SESSION_WRONG"] = "wrong battery";
      const wrong = sqlConnectionSchema.parse({ ...JSON.parse(JSON.stringify(database)), password: "${env:AMPEL_TEST_SESSION_WRONG}" });
      await expect(listSessions(wrong, soon())).rejects.toMatchObject({
        code: "database-unreachable",
        kind: "credentials",
        message: expect.not.stringContaining("battery"),
      });
    });
  });
}

const replication = needs("Replication sessions", "postgres", "initdb", "pg_basebackup");
describe.skipIf(replication.isMissing)(replication.title, () => {
  test("a standby's session is never ended", async () => {
    const primary = await startPostgres();
    const standby = await startPostgres({}, primary);
    try {
      const database = sqlConnectionSchema.parse({
        engine: "postgres",
        port: primary.port,
        user: primary.user,
        password: `\${env:${primary.passwordVariable}}`,
        database: primary.database,
      });
      const [sender] = await primary.query("SELECT pid FROM pg_stat_replication");
      const plan = await planEnd(database, [Number(sender?.["pid"])], soon());
      expect(plan).toMatchObject({ sessions: [], refusals: [{ reason: { key: "session.replication" } }] });
    } finally {
      await standby.stop();
      await primary.stop();
    }
  });
});
