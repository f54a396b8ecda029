import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool, type ClientBase } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, type PostgresService } from "../../../test/services/postgres.ts";
import { needs } from "../../../test/services/server-process.ts";
import { openStore, type Store } from "../../store/store.ts";
import { asCompany, asEveryCompany, ensureTenantRole, enterCompany, leaveCompany } from "./tenant.ts";
import { insertRow, sampleRows } from "./tenant-rows.test-support.ts";

const here = "praxis-nord";
const there = "praxis-sued";
const tables = Object.keys(sampleRows(here));

type Base = { readonly pool: Pool; close(): Promise<void> };

/** Ampel's own Postgres: we are its superuser, whom row-level security alone would not bind. */
async function openSupervised(): Promise<Base> {
  const ground = mkdtempSync(join(tmpdir(), "ampel-tenant-"));
  chmodSync(ground, 0o755);
  const store = await openStore({ stateFolder: join(ground, "state") });
  return {
    pool: store.pool,
    close: async () => {
      await store.close();
      rmSync(ground, { recursive: true, force: true });
    },
  };
}

let server: PostgresService;
let owned: Store;

/** A database of the operator's own, by an owner who may not create roles. */
async function openOwned(): Promise<Base> {
  server = await startPostgres();
  await server.query("create role plain login nocreaterole", "create database plain owner plain");
  owned = await openStore({ stateFolder: "/nowhere", databaseUrl: urlOf("plain", "plain") });
  return {
    pool: owned.pool,
    close: async () => {
      await owned.close();
      await server.stop();
    },
  };
}

const urlOf = (user: string, database: string): string =>
  `postgresql://${user}@localhost:${server.port}/${database}?host=${encodeURIComponent(server.socket)}`;

const ownServer = needs("a Postgres of one's own, as an owner without rights", "postgres", "initdb");
const bases = [
  { title: "the supervised store, as superuser", open: openSupervised, isMissing: false, isTenantRole: true },
  { title: ownServer.title, open: openOwned, isMissing: ownServer.isMissing, isTenantRole: false },
];

for (const { title, open, isMissing, isTenantRole } of bases) {
  describe.skipIf(isMissing)(title, () => {
    // What holds for one of the two only is no test of the other: a skip would ask for something that is missing.
    const none = (_name: string, _check: () => Promise<void>): void => {};
    const inRole = isTenantRole ? test : none;
    const asOwner = isTenantRole ? none : test;
    let base: Base;
    let pool: Pool;
    beforeAll(async () => {
      base = await open();
      ({ pool } = base);
      for (const company of [here, there]) {
        await asCompany(pool, company, async (client) => {
          for (const [table, row] of Object.entries(sampleRows(company))) await insertRow(client, table, row);
        });
      }
    }, 60_000);
    afterAll(async () => {
      await base?.close();
    });

    const count = async (client: ClientBase | Pool, table: string, where = "true"): Promise<number> =>
      (await client.query<{ found: number }>(`select count(*)::integer as found from gateway.${table} where ${where}`)).rows[0]?.found ??
      -1;
    /** What the database says to a statement of one company; the row it would have changed is judged afterwards. */
    const codeOf = async (company: string, work: (client: ClientBase) => Promise<unknown>): Promise<string> => {
      try {
        await asCompany(pool, company, work);
        return "accepted";
      } catch (error) {
        return (error as { code?: string }).code ?? String(error);
      }
    };
    const forbidden = "42501";
    const brokenReference = "23503";

    test("every table with a company has its rows guarded, by force, and a sample in this test", async () => {
      const { rows } = await pool.query<{ name: string; is_guarded: boolean }>(
        `select relname as name, relrowsecurity and relforcerowsecurity as is_guarded from pg_class
         where relnamespace = 'gateway'::regnamespace and relkind in ('r', 'p') and exists (
           select from pg_attribute where attrelid = pg_class.oid and attname = 'company_id' and attnotnull) order by relname`,
      );
      // A finding may belong to no company and is shown to the operator of all: it is no table of tenants.
      const guarded = rows.filter(({ name }) => name !== "finding");
      expect(guarded.map(({ name }) => name)).toEqual([...tables].sort());
      expect(guarded.filter(({ is_guarded }) => !is_guarded)).toEqual([]);
    });

    test("every reference between rows of companies carries the company on both sides", async () => {
      const { rows } = await pool.query<{ reference: string }>(
        `select conrelid::regclass || ' ' || pg_get_constraintdef(oid) as reference from pg_constraint
         where contype = 'f' and connamespace = 'gateway'::regnamespace
           and conrelid::regclass::text = any ($1) and confrelid::regclass::text = any ($1)
           and not (
             conkey @> array(select attnum from pg_attribute where attrelid = conrelid and attname = 'company_id')
             and confkey @> array(select attnum from pg_attribute where attrelid = confrelid and attname = 'company_id'))`,
        [tables.map((table) => `gateway.${table}`)],
      );
      expect(rows).toEqual([]);
    });

    test.each(tables)("%s: without a company there are no rows", async (table) => {
      if (isTenantRole) {
        // A superuser is only bound by the role; it is what every scope takes.
        await pool.query(
          "begin; set local role ampel_tenant; do $$ begin assert (select count(*) = 0 from gateway." + table + "); end $$; commit",
        );
      } else expect(await count(pool, table)).toBe(0);
    });

    test.each(tables.flatMap((table) => [[table, here, there] as const, [table, there, here] as const]))(
      "%s: %s reads, changes, deletes and plants nothing at %s",
      async (table, mine, other) => {
        await asCompany(pool, mine, async (client) => {
          expect(await count(client, table)).toBe(1);
          expect(await count(client, table, `company_id = '${other}'`)).toBe(0);
          expect((await client.query(`update gateway.${table} set company_id = company_id where company_id = $1`, [other])).rowCount).toBe(
            0,
          );
          expect((await client.query(`delete from gateway.${table} where company_id = $1`, [other])).rowCount).toBe(0);
        });
        const foreign = { ...sampleRows(other)[table] };
        expect(await codeOf(mine, (client) => insertRow(client, table, foreign))).toBe(forbidden);
        expect(await codeOf(mine, (client) => client.query(`update gateway.${table} set company_id = $1`, [other]))).toBe(forbidden);
        await asEveryCompany(pool, async (client) => expect(await count(client, table)).toBe(2));
      },
    );

    test("a row of one company cannot be tied to another's, not even by a job that sees both", async () => {
      const ties: readonly (readonly [string, string, string])[] = [
        ["phone_number", "branch_id", "nur-sued"],
        ["phone_number", "agent_id", "agent_sued"],
        ["service", "branch_id", "nur-sued"],
        ["staff", "branch_id", "nur-sued"],
        ["service_staff", "staff_id", "ben"],
        ["call", "branch_id", "nur-sued"],
        ["callback", "branch_id", "nur-sued"],
        ["appointment", "branch_id", "nur-sued"],
        ["appointment", "staff_id", "ben"],
      ];
      await asCompany(pool, there, async (client) => {
        await insertRow(client, "branch", { company_id: there, branch_id: "nur-sued", name: "Nur Süd" });
        await insertRow(client, "agent", { company_id: there, agent_id: "agent_sued", name: "Süd" });
        await insertRow(client, "staff", { company_id: there, staff_id: "ben", branch_id: "nur-sued", name: "Ben" });
      });
      for (const [table, column, value] of ties) {
        const work = asEveryCompany(pool, (client) =>
          client.query(`update gateway.${table} set ${column} = $1 where company_id = $2`, [value, here]),
        );
        await expect(work, `${table}.${column}`).rejects.toMatchObject({ code: brokenReference });
      }
      await asCompany(pool, there, (client) => client.query("delete from gateway.staff where staff_id = 'ben'"));
      await asCompany(pool, there, (client) => client.query("delete from gateway.agent where agent_id = 'agent_sued'"));
      await asCompany(pool, there, (client) => client.query("delete from gateway.branch where branch_id = 'nur-sued'"));
    });

    test("a scope ends with its transaction, also with one that fails, and a pooled connection carries none on", async () => {
      await asCompany(pool, here, async () => {
        throw new RangeError("half way");
      }).catch(() => {});
      await asCompany(pool, here, async () => {});
      const { rows } = await pool.query(
        "select coalesce(current_setting('ampel.company', true), '') as scope, current_user = session_user as is_self",
      );
      expect(rows).toEqual([{ scope: "", is_self: true }]);
    });

    test("one transaction may serve several companies one after the other, and leave them", async () => {
      const seen: (number | string)[] = [];
      await asCompany(pool, here, async (client) => {
        await enterCompany(client, there);
        seen.push(await count(client, "customer", `company_id = '${here}'`), await count(client, "customer"));
        await leaveCompany(client);
        seen.push((await client.query("select from gateway.cursor")).rowCount ?? -1);
        if (!isTenantRole) seen.push(await count(client, "customer"));
      });
      expect(seen).toEqual(isTenantRole ? [0, 1, 0] : [0, 1, 0, 0]);
    });

    test.each(["*", "", "Praxis", "a'b", "-nord", "main"])("%j is no company to enter", async (name) => {
      await expect(asCompany(pool, name, async () => {})).rejects.toThrow(TypeError);
    });

    test.each(["*", "main"])("no company can be called %s, which stands for all of them", async (company_id) => {
      const work = asEveryCompany(pool, (client) => insertRow(client, "company", { company_id, name: "Alle" }));
      await expect(work).rejects.toMatchObject({ code: "23514" });
    });

    inRole("inside a scope the tables without a company are out of reach", async () => {
      expect(await codeOf(here, (client) => client.query("select from gateway.inbox_event"))).toBe(forbidden);
      expect(await codeOf(here, (client) => client.query("select from ampel.entry"))).toBe(forbidden);
    });

    inRole("a superuser whose role is gone is refused, instead of seeing everything, until it is back", async () => {
      await pool.query("drop owned by ampel_tenant; drop role ampel_tenant");
      expect(await codeOf(here, (client) => client.query("select from gateway.customer"))).toBe(forbidden);
      await ensureTenantRole(pool);
      await ensureTenantRole(pool);
      await asCompany(pool, here, async (client) => {
        for (const table of tables) expect([table, await count(client, table)]).toEqual([table, 1]);
      });
    });

    asOwner("a role of that name which belongs to somebody else changes nothing", async () => {
      await server.query("create role ampel_tenant nologin");
      await asCompany(pool, here, async (client) => {
        expect(await count(client, "customer")).toBe(1);
      });
      expect(await count(pool, "customer")).toBe(0);
      const neighbour = new Pool({ connectionString: urlOf("postgres", "plain") });
      const work = asCompany(neighbour, here, (client) => client.query("select from gateway.customer"));
      await expect(work).rejects.toMatchObject({ code: forbidden });
      await neighbour.end();
    });
  });
}
