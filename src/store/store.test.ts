import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "../../test/services/postgres.ts";
import { needs } from "../../test/services/server-process.ts";
import { Failure } from "../kernel/failure.ts";
import { say } from "../kernel/message.ts";
import { inTransaction, openStore, type Store } from "./store.ts";

let ground: string;
let store: Store;
beforeAll(async () => {
  ground = mkdtempSync(join(tmpdir(), "ampel-store-"));
  chmodSync(ground, 0o755);
  store = await openStore({ stateFolder: join(ground, "state") });
}, 60_000);
afterAll(async () => {
  await store.close();
  rmSync(ground, { recursive: true, force: true });
});

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

const everything = (failure: Failure): string =>
  [inspect(failure, { depth: 9 }), say(failure.what, "de"), say(failure.nextStep, "de"), failure.stack].join("\n");

test("a second opening finds the same data and repeats no migration", async () => {
  await store.pool.query("insert into ampel.lock (name, run_id) values ('kept', 'run')");
  const again = await openStore({ stateFolder: join(ground, "state") });
  const { rows } = await again.pool.query("select run_id from ampel.lock where name = 'kept'");
  expect(rows).toEqual([{ run_id: "run" }]);
  expect((await again.pool.query("select version from ampel.migration")).rows).toEqual([{ version: 1 }, { version: 2 }]);
  await again.close();
  expect((await store.pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
});

test("migrations go one way: a store of a newer program is refused and left as it is", async () => {
  await store.pool.query("insert into ampel.migration (version) values (99)");
  try {
    const failure = await failureOf(openStore({ stateFolder: join(ground, "state") }));
    expect(failure.code).toBe("store-version");
    expect(failure.message).toBe("The store is at version 99, this program knows 2 only");
  } finally {
    await store.pool.query("delete from ampel.migration where version = 99");
  }
});

test("a transaction that fails leaves nothing, neither in the tables nor in the connection", async () => {
  const work = inTransaction(store.pool, async (client) => {
    await client.query("insert into ampel.lock (name, run_id) values ('torn', 'run')");
    throw new RangeError("half way");
  });
  await expect(work).rejects.toThrow("half way");
  expect((await store.pool.query("select 1 from ampel.lock where name = 'torn'")).rowCount).toBe(0);
});

test("a transaction whose connection breaks gives no broken connection to the next one", async () => {
  const work = inTransaction(store.pool, async (client) => {
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    await store.pool.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await client.query("select 1");
  });
  await expect(work).rejects.toThrow();
  for (let round = 0; round < 12; round += 1) expect((await store.pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
});

const tcp = needs("your own Postgres by TCP with a password", "postgres", "initdb");
describe.skipIf(tcp.isMissing)(tcp.title, () => {
  test("is used as it is, five that migrate at once migrate once, and a wrong password is not repeated", async () => {
    const server = await startPostgres();
    try {
      const password = "pa@ss/wo:rd";
      await server.query(`create role guest login password '${password}'`, "create database guest owner guest");
      const databaseUrl = `postgresql://guest:${encodeURIComponent(password)}@${server.address}:${server.port}/guest`;
      const stores = await Promise.all(Array.from({ length: 5 }, () => openStore({ stateFolder: "/nowhere", databaseUrl })));
      const [first] = stores;
      expect((await first?.pool.query("select current_database() as name, current_user as account"))?.rows).toEqual([
        { name: "guest", account: "guest" },
      ]);
      expect((await first?.pool.query("select version from ampel.migration"))?.rows).toEqual([{ version: 1 }, { version: 2 }]);
      await Promise.all(stores.map((each) => each.close()));
      const wrong = await failureOf(openStore({ stateFolder: "/nowhere", databaseUrl: databaseUrl.replace("pa%40", "wrong%40") }));
      expect(wrong.message).toContain("guest:[secret]@127.0.0.1");
      expect(everything(wrong)).not.toMatch(/ss%2Fwo|ss\/wo/);
    } finally {
      await server.stop();
    }
  }, 60_000);
});

test.each([
  ["nobody listens", "postgresql://me:geheim@127.0.0.1:1/db"],
  ["a password with an @ in it", "postgresql://me:ge@heim@127.0.0.1:1/db"],
  ["a password as a parameter", "postgresql://127.0.0.1:1/db?user=me&password=geheim"],
  ["no address at all", "geheim and more"],
  ["another kind of address", "mysql://me:geheim@127.0.0.1/db"],
  ["an address that cannot be parsed", "postgresql://me:geheim@[::1/db"],
])("%s: fails with a way out and without the password", async (_, databaseUrl) => {
  const failure = await failureOf(openStore({ stateFolder: "/nowhere", databaseUrl }));
  expect(failure.code).toBe("store-unreachable");
  expect(everything(failure)).not.toMatch(/heim/);
  expect(say(failure.nextStep, "en")).toContain("AMPEL_DATABASE_URL");
});
