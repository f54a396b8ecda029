import { mkdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import pg from "pg";
import { cacheFile, listCacheFiles, packEntry, unpackEntry, writeEntry, type CacheEntry } from "../cache-entry.ts";
import { connectionString } from "../database.ts";
import { ask } from "../request.ts";
import { readAppSettings } from "../settings.ts";
import { readWorld, worldPaths } from "../world.ts";

// The guarded application: a page over the database with a file cache, and two vendors behind it.
const world = readWorld(process.argv[2] ?? "");
if (world === undefined) throw new Error("usage: app WORLD.json");
const { folder, ports } = world;
const paths = worldPaths(folder);

const settings = readAppSettings(paths.appSettings);
const pool = new pg.Pool({
  connectionString: connectionString(world),
  max: 5,
  connectionTimeoutMillis: 1000,
  query_timeout: 3000,
  application_name: "app",
});
// The pool listens only while a connection is idle; one that is lost in our hands, between two queries, would end the process.
pool.on("connect", (client) => client.on("error", () => {}));
pool.on("error", () => {}); // the next query makes a new connection or fails

/** Looks through every entry: a cache that nobody clears makes each page slower. */
async function findCached(key: string, response: ServerResponse): Promise<CacheEntry | undefined> {
  let found: CacheEntry | undefined;
  for (const file of listCacheFiles(paths.cache)) {
    if (response.destroyed) return undefined; // nobody waits any more
    const entry = await readFile(file).then(unpackEntry, () => undefined);
    if (entry?.key === key && entry.expiresAt > Date.now()) found = entry;
  }
  return found;
}

async function showCalls(response: ServerResponse): Promise<void> {
  const cached = await findCached("calls", response);
  await countView();
  if (cached !== undefined) return answer(response, 200, cached.body);
  const { rows } = await pool.query("select id, company_id, call_status, duration_ms from calls order by started_at desc limit $1", [
    settings.pageSize,
  ]);
  const body = JSON.stringify({ calls: rows });
  const expiresAt = Date.now() + settings.cacheSeconds * 1000;
  writeEntry(cacheFile(paths.cache, "calls"), packEntry({ key: "calls", expiresAt, body }));
  return answer(response, 200, body);
}

/** Waits for the row if somebody holds it, but not for ever: a page without its count is better than none. */
async function countView(): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("set lock_timeout = '1500ms'");
    await client.query("update companies set page_views = page_views + 1 where id = 1");
  } catch (error) {
    if ((error as { code?: string }).code !== "55P03") throw error; // lock_not_available
    log("a page view was not counted: the row is locked");
  } finally {
    client.release();
  }
}

async function showHealth(response: ServerResponse): Promise<void> {
  const [database, retell, calcom] = await Promise.all([
    check(async () => void (await pool.query("select 1 from companies limit 1"))),
    check(() => expectOk(ports.retell, "/get-api-key-info", "retell-key")),
    check(() => expectOk(ports.calcom, "/v2/me", "calcom-key")),
  ]);
  const checks = { database, retell, calcom };
  const isDegraded = retell !== "ok" || calcom !== "ok";
  const status = database === "ok" ? (isDegraded ? "degraded" : "ok") : "down";
  answer(response, status === "down" ? 503 : 200, JSON.stringify({ status, checks }));
}

async function check(look: () => Promise<void>): Promise<string> {
  try {
    await look();
    return "ok";
  } catch (error) {
    return (error as Error).message || String(error);
  }
}

async function expectOk(port: number, path: string, secret: string): Promise<void> {
  const headers = { authorization: `Bearer ${readFileSync(paths.secret(secret), "utf8")}` };
  const { status } = await ask(port, path, { headers, timeoutMs: 500 });
  if (status !== 200) throw new Error(`HTTP ${status}`);
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "application/json" }).end(body);
}

function log(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}

mkdirSync(paths.cache, { recursive: true });

const server = createServer((request, response) => {
  const show = { "/health": showHealth, "/calls": showCalls }[request.url ?? ""];
  if (show === undefined) return answer(response, 404, JSON.stringify({ error: "not found" }));
  show(response).catch((error: unknown) => {
    log(`${request.url} failed: ${String(error)}`);
    answer(response, 500, JSON.stringify({ error: "internal" }));
  });
});
server.listen(ports.app, "127.0.0.1", () => {
  log("ready");
  dieWhenTold();
});

/** The fault "app-flapping": the process ends by itself some time after each start. */
function dieWhenTold(): void {
  try {
    const afterMs = Number(readFileSync(paths.control("app"), "utf8"));
    setTimeout(() => {
      log("fatal: out of memory");
      process.exit(134);
    }, afterMs);
  } catch {
    // nobody told us to
  }
}

process.once("SIGTERM", () => process.exit(0));
