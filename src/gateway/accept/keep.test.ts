import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { listChildren, startPostgres, type PostgresService } from "../../../test/services/postgres.ts";
import { isRoot, needs } from "../../../test/services/server-process.ts";
import { systemClock } from "../../kernel/clock.ts";
import { Failure } from "../../kernel/failure.ts";
import { openStore } from "../../store/store.ts";
import type { Delivery } from "../delivery.ts";
import { openAcceptPool } from "../server/accept-pool.ts";
import { measureSpool } from "../spool/adopt.ts";
import { openSpool } from "../spool/spool.ts";
import type { Place } from "./decide-place.ts";
import { openKeeper, type Keeper, type KeeperOptions } from "./keep.ts";

const waitMs = 150;
const postgresNeed = needs("what arrives while Postgres is sick", "postgres", "initdb");

let made = 0;
function delivery(dedupKey = `key-${(made += 1)}`, more: Partial<Delivery> = {}): Delivery {
  return {
    provider: "retell",
    eventType: "call_ended",
    dedupKey,
    orderingKey: dedupKey,
    receivedAt: Date.now(),
    verdict: "verified",
    keyId: "main",
    source: "live",
    method: "POST",
    url: "https://gw.example.test/webhooks/retell",
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify({ dedupKey })),
    ...more,
  };
}

describe.skipIf(postgresNeed.isMissing)(postgresNeed.title, () => {
  let postgres: PostgresService;
  let url: string;
  let folder: string;
  const open: { keeper: Keeper; pool: pg.Pool | undefined }[] = [];

  beforeAll(async () => {
    postgres = await startPostgres();
    url = `postgresql://probe:correct%20horse@127.0.0.1:${postgres.port}/gateway`;
    await (await openStore({ stateFolder: "/nowhere", databaseUrl: url })).close();
    folder = mkdtempSync(join(tmpdir(), "ampel-keep-"));
    chmodSync(folder, 0o755);
  }, 60_000);
  afterEach(async () => {
    for (const { keeper, pool } of open.splice(0)) {
      await keeper.close();
      await pool?.end().catch(() => {});
    }
    await postgres.query("truncate gateway.inbox_event");
  });
  afterAll(async () => {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  type Opened = Keeper & { readonly root: string; readonly places: Place[] };
  function openTestKeeper(
    given: { root?: string; databaseUrl?: string | undefined; maxBytes?: number } & Partial<KeeperOptions> = {},
  ): Opened {
    const root = given.root ?? mkdtempSync(join(folder, "spool-of-"));
    const connectionString = "databaseUrl" in given ? given.databaseUrl : url;
    const pool = connectionString === undefined ? undefined : openAcceptPool(new pg.Pool({ connectionString }));
    const places: Place[] = [];
    const spool = openSpool({ root, maxBytes: given.maxBytes ?? 1e9, clock: systemClock, waitMs: 1000 });
    const keeper = openKeeper({ pool, spool, clock: systemClock, waitMs, onSwitch: (place) => places.push(place), ...given });
    open.push({ keeper, pool });
    return Object.assign(Object.create(Object.getPrototypeOf(keeper) as object, Object.getOwnPropertyDescriptors(keeper)) as Keeper, {
      root,
      places,
    });
  }
  async function keepMany(keeper: Keeper, count: number): Promise<{ keys: string[]; slowestMs: number; places: Set<string> }> {
    const all = Array.from({ length: count }, () => delivery());
    let slowestMs = 0;
    const kept = await Promise.all(
      all.map(async (each) => {
        const startedMs = performance.now();
        const place = await keeper.keep(each);
        slowestMs = Math.max(slowestMs, performance.now() - startedMs);
        return place;
      }),
    );
    return { keys: all.map(({ dedupKey }) => dedupKey), slowestMs, places: new Set(kept) };
  }
  async function expectOnce(keys: readonly string[]): Promise<void> {
    await expect
      .poll(async () => (await postgres.query(`select count(*)::int as found from gateway.inbox_event`))[0]?.["found"], { timeout: 15_000 })
      .toBe(keys.length);
    const rows = await postgres.query("select dedup_key from gateway.inbox_event");
    expect(new Set(rows.map((row) => row["dedup_key"]))).toEqual(new Set(keys));
  }

  test("killed: the spool takes over at once, and gives everything back, in order, once", async () => {
    const keeper = openTestKeeper();
    const before = await keepMany(keeper, 50);
    expect(before.places).toEqual(new Set(["stored"]));
    await postgres.kill();
    const during = await keepMany(keeper, 200);
    expect(during.places).toEqual(new Set(["spooled"]));
    expect(during.slowestMs).toBeLessThan(1000);
    await postgres.restart();
    await expectOnce([...before.keys, ...during.keys]);
    await expect.poll(() => keeper.place.at).toBe("store");
    expect(await keeper.keep(delivery("after"))).toBe("stored");
    const rows = await postgres.query("select dedup_key from gateway.inbox_event where source = 'spool' order by id");
    // One batch is ordered by its key, so that two processes never wait for each other crosswise.
    expect(new Set(rows.map((row) => row["dedup_key"]))).toEqual(new Set(during.keys));
  });

  test("frozen: nobody waits longer than the slice, and a late commit doubles nothing", async () => {
    const keeper = openTestKeeper();
    const before = await keepMany(keeper, 20);
    freezeAll(postgres, "SIGSTOP");
    const during = await keepMany(keeper, 100);
    const after = await keepMany(keeper, 100);
    expect(during.slowestMs).toBeLessThan(waitMs + 600);
    expect(after.slowestMs).toBeLessThan(500);
    freezeAll(postgres, "SIGCONT");
    await expectOnce([...before.keys, ...during.keys, ...after.keys]);
  });

  test.each([
    ["read-only", "alter system set default_transaction_read_only = on", "alter system reset default_transaction_read_only"],
    [
      "full",
      `create or replace function full_disk() returns trigger language plpgsql as $$ begin raise exception using errcode = '53100'; end $$;
       create trigger full_disk before insert on gateway.inbox_event for each row execute function full_disk();
       create trigger full_disk before insert or update on gateway.cursor for each row execute function full_disk()`,
      "drop function full_disk cascade",
    ],
  ])("%s: what cannot be written is spooled until it can", async (_, sicken, heal) => {
    const keeper = openTestKeeper();
    await postgres.query(sicken, "select pg_reload_conf()");
    let during: Awaited<ReturnType<typeof keepMany>>;
    try {
      // A reloaded setting reaches a connection with its next statement.
      await expect.poll(async () => await keeper.keep(delivery("first")), { interval: 50 }).toBe("spooled");
      during = await keepMany(keeper, 20);
      expect(during.places).toEqual(new Set(["spooled"]));
    } finally {
      await postgres.query("set default_transaction_read_only = off; begin read write; commit");
      const client = await postgres.connect();
      await client.query("set default_transaction_read_only = off");
      await client.query(heal);
      await client.query("select pg_reload_conf()");
      await client.end();
    }
    await expectOnce([...during.keys, "first"]);
  });

  test("a connection that is a black hole is given up, a new one is taken", async () => {
    const proxy = await openBlackHole(postgres.port);
    const keeper = openTestKeeper({ databaseUrl: url.replace(`:${postgres.port}/`, `:${proxy.port}/`) });
    const before = await keepMany(keeper, 10);
    proxy.swallow();
    const during = await keepMany(keeper, 50);
    expect(during.slowestMs).toBeLessThan(waitMs + 600);
    expect(during.places).toEqual(new Set(["spooled"]));
    await expectOnce([...before.keys, ...during.keys]);
    await expect.poll(() => keeper.place.at, { timeout: 10_000 }).toBe("store");
    proxy.close();
  });

  test("two processes keep the same thousand events at once: each is there once", async () => {
    const [left, right] = [openTestKeeper(), openTestKeeper()];
    const keys = Array.from({ length: 1000 }, (_, index) => `both-${index}`);
    await Promise.all(
      [keys, keys.toReversed()].flatMap((order, which) => order.map((key) => (which === 0 ? left : right).keep(delivery(key)))),
    );
    await expectOnce(keys);
    const countDuplicates = async (): Promise<unknown> =>
      (await postgres.query("select sum(duplicates)::int as duplicates from gateway.inbox_event"))[0]?.["duplicates"];
    await expect.poll(countDuplicates, { timeout: 10_000 }).toBeGreaterThanOrEqual(keys.length);
  });

  test("what the database refuses for what it is, is set aside, and the rest goes on", async () => {
    const keeper = openTestKeeper();
    await postgres.kill();
    const good = await keepMany(keeper, 5);
    await keeper.keep(delivery("poison", { headers: { "x-zero": "a\u0000b" } }));
    const more = await keepMany(keeper, 5);
    await postgres.restart();
    await expectOnce([...good.keys, ...more.keys]);
    const [name = ""] = readdirSync(join(keeper.root, "aside"));
    expect(readFileSync(join(keeper.root, "aside", name), "utf8")).toContain('"poison"');
  });

  test("without a database everything is spooled, and the next process that has one brings it over, a torn tail aside", async () => {
    const root = mkdtempSync(join(folder, "left-"));
    const lonely = openTestKeeper({ root, databaseUrl: undefined });
    const { keys, places } = await keepMany(lonely, 30);
    expect(places).toEqual(new Set(["spooled"]));
    await lonely.close();
    open.length = 0;
    const [name = ""] = readdirSync(root);
    const [segment = ""] = readdirSync(join(root, name));
    appendFileSync(join(root, name, segment), "AMP1\u0000\u0000\u0001torn");
    expect((await measureSpool(root)).segments).toBe(1);
    openTestKeeper({ root });
    await expectOnce(keys);
    await expect.poll(async () => await measureSpool(root)).toEqual({ bytes: 0, segments: 0, oldestAt: undefined, aside: 1 });
  });

  test("a spool that holds its most takes no more, and says so", async () => {
    const keeper = openTestKeeper({ databaseUrl: undefined, maxBytes: 2000 });
    await keeper.keep(delivery("small"));
    const error = await keeper.keep(delivery("large", { body: Buffer.alloc(3000) })).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Failure);
    expect((error as Failure).code).toBe("spool-failed");
  });

  test("a folder that cannot be made leaves the database as the only place, until it can", async () => {
    const file = join(folder, "in-the-way");
    writeFileSync(file, "");
    const keeper = openTestKeeper({ root: join(file, "spool") });
    expect(await keeper.keep(delivery("one"))).toBe("stored");
    await postgres.kill();
    await expect(keeper.keep(delivery("two"))).rejects.toThrow(/spool/);
    rmSync(file);
    mkdirSync(file);
    expect(await keeper.keep(delivery("two"))).toBe("spooled");
    await postgres.restart();
    await expectOnce(["one", "two"]);
  });

  test.skipIf(!isRoot)(
    "a full disk refuses, loses nothing that was taken, and takes again when there is room (mounts: run the tests with sudo)",
    async () => {
      const root = mkdtempSync(join(folder, "full-"));
      const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", root]);
      expect(mounted.status, mounted.stderr.toString()).toBe(0);
      try {
        const keeper = openTestKeeper({ root, databaseUrl: undefined });
        const taken: string[] = [];
        let refused = 0;
        for (let index = 0; index < 40; index += 1) {
          const each = delivery(`full-${index}`, { body: Buffer.alloc(10_000, index) });
          await keeper.keep(each).then(
            () => taken.push(each.dedupKey),
            () => (refused += 1),
          );
        }
        expect(taken.length).toBeGreaterThan(5);
        expect(refused).toBeGreaterThan(5);
        expect(spawnSync("mount", ["-o", "remount,size=4m", root]).status).toBe(0);
        await keeper.keep(delivery("again"));
        await keeper.close();
        open.length = 0;
        const heir = openTestKeeper({ root });
        await expectOnce([...taken, "again"]);
        await heir.close();
        open.length = 0;
      } finally {
        spawnSync("umount", ["-l", root]);
      }
    },
  );
});

/** The server and its children: a backend that goes on would answer. */
function freezeAll({ process: server }: PostgresService, signal: NodeJS.Signals): void {
  for (const each of [server.processId, ...listChildren(server.processId)]) process.kill(each, signal);
}

/** Forwards to a port; `swallow` lets the connections of now hang for ever, new ones are well. */
async function openBlackHole(port: number): Promise<{ port: number; swallow(): void; close(): void }> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    near.pipe(far);
    far.pipe(near);
    for (const each of [near, far]) each.on("error", () => {});
    pairs.add([near, far]);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    swallow: () => {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.resume();
      }
    },
    close: () => {
      for (const each of [...pairs].flat()) each.destroy();
      server.close();
    },
  };
}
