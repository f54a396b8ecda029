import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sampleRows } from "./tenant-rows.test-support.ts";

const source = join(import.meta.dirname, "../..");
const tables = Object.keys(sampleRows("praxis")).join("|");

/**
 * What a statement given to the pool itself would do to tenants: in the supervised store we are superuser, and outside of
 * `asCompany` and `asEveryCompany` nothing binds us.
 */
function findUnscoped(text: string): string[] {
  const statement = new RegExp(`\\bpool\\s*\\.query(?:<[^(]*>)?\\((?:(?!\\bquery\\b)[^;]){0,2000}?gateway\\.(${tables})\\b`, "g");
  return [...text.matchAll(statement)].map(([, table = ""]) => table);
}

test("no statement on a company's rows is given to the pool itself", () => {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !/\.test(-support)?\.ts$/.test(name),
  );
  expect(files.length).toBeGreaterThan(300);
  const found = files.flatMap((name) => findUnscoped(readFileSync(join(source, name), "utf8")).map((table) => `${name}: ${table}`));
  expect(found).toEqual([]);
});

test.each([
  ["await pool.query('select from gateway.call')", ["call"]],
  ["await store.pool.query<{ a: string }>(\n  `select 1 from gateway.customer\n  where true`,\n)", ["customer"]],
  ["await pool.query({ text: `update gateway.appointment set a = 1`, query_timeout: 5 })", ["appointment"]],
  ["await asCompany(pool, id, (client) => client.query('select from gateway.call'))", []],
  ["await pool.query('select from gateway.inbox_event'); await client.query('select from gateway.call')", []],
  ["await pool.query('select from gateway.call_archive')", []],
])("%j names %j", (text, expected) => {
  expect(findUnscoped(text)).toEqual(expected);
});
