import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { openStore, type Store } from "../../store/store.ts";
import { openDirectory, type DirectoryKeeper, type DirectoryOptions } from "./open-directory.ts";
import { asCompany, asEveryCompany } from "./tenant.ts";
import { insertRow, sampleRows } from "./tenant-rows.test-support.ts";

let ground: string;
let store: Store;
const opened: DirectoryKeeper[] = [];
const never = 1_000_000;

beforeAll(async () => {
  ground = mkdtempSync(join(tmpdir(), "ampel-directory-"));
  chmodSync(ground, 0o755);
  store = await openStore({ stateFolder: join(ground, "state") });
}, 60_000);
afterEach(async () => {
  await Promise.all(opened.splice(0).map((keeper) => keeper.close()));
  await asEveryCompany(store.pool, async (client) => {
    for (const table of Object.keys(sampleRows("praxis")).toReversed()) await client.query(`delete from gateway.${table}`);
  });
});
afterAll(async () => {
  await store.close();
  rmSync(ground, { recursive: true, force: true });
});

async function open(options: Partial<DirectoryOptions> & Pick<DirectoryOptions, "file">): Promise<DirectoryKeeper> {
  const keeper = await openDirectory({ pool: store.pool, clock: systemClock, everyMs: never, ...options });
  opened.push(keeper);
  return keeper;
}

async function addCompany(companyId: string): Promise<void> {
  await asCompany(store.pool, companyId, async (client) => {
    const rows = sampleRows(companyId);
    for (const table of ["company", "branch", "agent", "phone_number", "service"]) await insertRow(client, table, rows[table] ?? {});
  });
}

const newFile = (): string => join(mkdtempSync(join(ground, "file-")), "directory.json");

test("what the database holds is known at once, and after a restart without a database from the file", async () => {
  await addCompany("praxis");
  const file = newFile();
  const before = systemClock.now();
  const first = await open({ file });
  expect(first.problem).toBeUndefined();
  expect(first.number("own-of-praxis")).toMatchObject({ companyId: "praxis", branchId: "mitte", agentId: "agent_1" });
  expect(first.companyOfAgent("agent_1")).toBe("praxis");
  expect(first.asOf).toBeGreaterThanOrEqual(before);

  const later = await open({ file, pool: undefined });
  expect(later.companies()).toEqual(first.companies());
  expect(later.numbers()).toEqual(first.numbers());
  expect(later.asOf).toBeGreaterThanOrEqual(before);
});

test("a change is seen by the next round, and without a change nothing is read or written", async () => {
  const file = newFile();
  const keeper = await open({ file });
  expect(keeper.companies()).toEqual([]);
  const { mtimeMs } = statSync(file);
  expect(await keeper.refresh()).toBe(false);
  expect(statSync(file).mtimeMs).toBe(mtimeMs);
  await addCompany("praxis");
  expect(await keeper.refresh()).toBe(true);
  expect(keeper.company("praxis")?.branches).toHaveLength(1);
  await asCompany(store.pool, "praxis", (client) => client.query("update gateway.phone_number set is_active = false"));
  expect(await keeper.refresh()).toBe(true);
  expect(keeper.number("own-of-praxis")?.isActive).toBe(false);
  await asCompany(store.pool, "praxis", (client) => insertRow(client, "customer", sampleRows("praxis")["customer"] ?? {}));
  expect(await keeper.refresh()).toBe(false);
});

test("a store that was restored without its roles has them again", async () => {
  await addCompany("praxis");
  await store.pool.query("drop owned by ampel_tenant; drop role ampel_tenant");
  const keeper = await open({ file: newFile() });
  expect([keeper.problem, keeper.company("praxis")?.name]).toEqual([undefined, "Praxis"]);
});

test("it looks by itself", async () => {
  const keeper = await open({ file: newFile(), everyMs: 10 });
  await addCompany("praxis");
  await expect.poll(() => keeper.companies().length, { timeout: 5000 }).toBe(1);
});

test("the file of no database and no file is an empty directory that says so", async () => {
  const keeper = await open({ file: newFile(), pool: undefined });
  expect([keeper.companies(), keeper.asOf, keeper.problem]).toEqual([[], 0, undefined]);
});

test.each([
  ["torn", '{"format":1,"asOf":17'],
  ["foreign", '{"name":"something else"}'],
  ["of a later format", '{"format":2,"asOf":1,"companies":[],"agents":[],"numbers":[]}'],
  ["empty", ""],
])("a %s file is said to be unreadable, left as it is, and replaced when the database answers", async (_, text) => {
  const file = newFile();
  writeFileSync(file, text);
  const keeper = await open({ file, pool: undefined });
  expect(keeper.problem).toBeInstanceOf(Error);
  expect(keeper.asOf).toBe(0);
  expect(readFileSync(file, "utf8")).toBe(text);
  const healed = await open({ file });
  expect(healed.problem).toBeUndefined();
  expect((await open({ file, pool: undefined })).asOf).toBeGreaterThan(0);
});

test("a database that accepts and never answers neither holds up the start nor takes a connection for ever", async () => {
  await addCompany("praxis");
  const file = newFile();
  await open({ file });
  const silent = createServer((socket) => socket.on("error", () => {}).resume());
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const pool = new Pool({
    connectionString: `postgresql://me@127.0.0.1:${(silent.address() as AddressInfo).port}/db`,
    max: 1,
    connectionTimeoutMillis: 300,
  });
  try {
    const keeper = await open({ file, pool, limitMs: 100 });
    expect(keeper.company("praxis")).toBeDefined();
    expect(keeper.problem?.message).toContain("did not answer within 100 ms");
    await expect(keeper.refresh()).rejects.toThrow();
    await expect.poll(() => pool.totalCount, { timeout: 3000 }).toBe(0);
  } finally {
    await pool.end();
    silent.close();
  }
});

test("a connection that hangs in the middle is broken off and not used again", async () => {
  const keeper = await open({ file: newFile(), limitMs: 200 });
  const holder = await store.pool.connect();
  try {
    await holder.query("begin; lock table gateway.directory_version in access exclusive mode");
    await expect(keeper.refresh()).rejects.toThrow("did not answer within 200 ms");
    expect(keeper.problem).toBeInstanceOf(Error);
    await holder.query("rollback");
    await keeper.refresh();
    expect(keeper.problem).toBeUndefined();
  } finally {
    holder.release();
  }
});

test("a file that cannot be written is a problem, the directory in memory is right all the same, and it is tried again", async () => {
  const folder = join(mkdtempSync(join(ground, "full-")), "spool");
  writeFileSync(folder, "a file where the folder should be");
  const file = join(folder, "directory.json");
  await addCompany("praxis");
  const keeper = await open({ file });
  expect(keeper.company("praxis")).toBeDefined();
  expect(keeper.problem).toBeInstanceOf(Error);
  rmSync(folder);
  await keeper.refresh();
  expect(keeper.problem).toBeUndefined();
  expect(existsSync(file)).toBe(true);
});

test("the file holds references to keys and no draft is left beside it", async () => {
  await addCompany("praxis");
  await asCompany(store.pool, "praxis", (client) => client.query("update gateway.company set calcom_key = '${file:/run/keys/calcom}'"));
  const file = newFile();
  const keeper = await open({ file });
  expect(keeper.company("praxis")?.calcomKey).toBe("${file:/run/keys/calcom}");
  expect(readdirSync(join(file, ".."))).toEqual(["directory.json"]);
  expect(statSync(file).mode & 0o077).toBe(0);
});
