import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { systemClock } from "../src/kernel/clock.ts";
import { runCommand } from "../src/kernel/exec.ts";
import { startPostgres, type PostgresService } from "../test/services/postgres.ts";
import { isRoot, requireProgram } from "../test/services/server-process.ts";
import { tell } from "./figure.ts";
import { callBody, type LoadResult } from "./gateway-support-load.ts";
import {
  benchKey,
  databaseUrlOf,
  quantile,
  removeBenchFolder,
  startGatewayProcess,
  startLoad,
  type GatewayProcess,
} from "./gateway-support.ts";

// H1: durable accepts/s of the gateway as a process of its own, 64 connections, 2 KB, against pgbench -c 64 that inserts
// single rows into the same table of the same Postgres, fsync on, in turns. H2: the same with that Postgres killed in mid-load.
const isShort = process.argv.includes("--short");
const rounds = isShort ? 1 : 3;
const seconds = isShort ? 5 : 10;
const load = { key: benchKey, connections: 64, seconds, bodyBytes: 2048 };

const postgres = await startPostgres({ fsync: "on", synchronous_commit: "on", shared_buffers: "128MB", max_wal_size: "2GB" });
const gateway = await startGatewayProcess(databaseUrlOf(postgres));
const isKept: boolean[] = [];
try {
  await pauseProcessing(gateway);
  await (
    await startLoad({ ...load, port: gateway.port, seconds: 2, prefix: "warm-" })
  ).result;
  await measureAccepts();
  await measureKilled();
} finally {
  await gateway.stop();
  await postgres.stop();
  removeBenchFolder(gateway.folder);
}
process.exitCode = isKept.every(Boolean) ? 0 : 1;

async function measureAccepts(): Promise<void> {
  const ratios: number[] = [];
  const perSecond: number[] = [];
  const peers: number[] = [];
  const p99: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const peer = await runPgbench(postgres);
    const result = await (await startLoad({ ...load, port: gateway.port, prefix: `h1-${round}-` })).result;
    await untilDrained();
    await expectEveryone(`H1, round ${round}`, result);
    const rate = result.kept.length / (result.elapsedMs / 1000);
    peers.push(peer);
    perSecond.push(rate);
    ratios.push(rate / peer);
    p99.push(quantile(result.latenciesMs, 0.99));
  }
  tell({ figure: "pgbench -c 64, single-row inserts", unit: "per s", samples: peers });
  tell({ figure: "H1 durable accepts, 64 connections, 2 KB", unit: "per s", samples: perSecond });
  // Told the other way round, because a limit is what must not be passed: 1 / 0.35.
  isKept.push(
    tell({
      figure: "H1 pgbench / accepts (0.35 the other way round)",
      unit: "ratio",
      samples: ratios.map((ratio) => 1 / ratio),
      limit: 1 / 0.35,
      peer: "pgbench -c 64",
    }),
  );
  isKept.push(tell({ figure: "H1 accept, p99", unit: "ms", samples: p99, limit: 50 }));
}

async function measureKilled(): Promise<void> {
  const p99: number[] = [];
  const drainSeconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const running = await startLoad({ ...load, port: gateway.port, prefix: `h2-${round}-` });
    await systemClock.sleep((seconds * 1000) / 3);
    await postgres.kill();
    await systemClock.sleep((seconds * 1000) / 3);
    await postgres.restart();
    const result = await running.result;
    const startedMs = performance.now();
    await untilDrained();
    drainSeconds.push((performance.now() - startedMs) / 1000);
    await expectEveryone(`H2, round ${round}`, result);
    p99.push(quantile(result.latenciesMs, 0.99));
    tell({
      figure: "H2 accepts while Postgres is killed and comes back",
      unit: "per s",
      samples: [result.kept.length / (result.elapsedMs / 1000)],
    });
    tell({ figure: "H2 slowest accept", unit: "ms", samples: [quantile(result.latenciesMs, 1)] });
  }
  isKept.push(tell({ figure: "H2 accept through the switch, p99", unit: "ms", samples: p99, limit: 250 }));
  tell({ figure: "H2 until the spool is empty after the load", unit: "s", samples: drainSeconds });
}

/** Accepting is measured, not applying: that is H3. The operators' own switch pauses the handlers. */
async function pauseProcessing({ databaseUrl, health }: GatewayProcess): Promise<void> {
  await query(
    databaseUrl,
    `insert into ampel.switch (id, key, value, reason, owner, set_at, expires_at)
     values ('bench', 'webhook.processing_paused', 'true', 'bench', 'bench', now(), now() + interval '1 hour')`,
  );
  while (((await health())["switches"] as unknown[]).length === 0) await systemClock.sleep(50);
}

/** What was answered with 204 is there once, nothing else was answered, nobody was cut off. */
async function expectEveryone(what: string, { kept, statuses, cut, refused: unconnected }: LoadResult): Promise<void> {
  const { rows } = await query(
    gateway.databaseUrl,
    "select count(*)::int as found, count(distinct ordering_key)::int as different, count(*) filter (where source = 'spool')::int as spooled from gateway.inbox_event where ordering_key = any($1)",
    [kept],
  );
  const { found, different, spooled } = rows[0] as { found: number; different: number; spooled: number };
  tell({ figure: `${what}: kept by the spool first, of ${kept.length}`, unit: "deliveries", samples: [spooled] });
  const lost = kept.length - different;
  const doubled = found - different;
  const refused = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  for (const [name, count] of Object.entries({
    lost,
    doubled,
    "answered otherwise": refused,
    "cut off": cut,
    "not connected": unconnected,
  })) {
    isKept.push(tell({ figure: `${what}: ${name}, of ${kept.length}`, unit: "deliveries", samples: [count], limit: 0 }));
  }
}

async function untilDrained(): Promise<void> {
  for (;;) {
    const { spool, database } = (await gateway.health()) as { spool: { bytes: number }; database: { taking: boolean } };
    if (spool.bytes === 0 && database.taking) return;
    await systemClock.sleep(50);
  }
}

async function query(databaseUrl: string, text: string, values: unknown[] = []): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await client.query(text, values);
  } finally {
    await client.end();
  }
}

/** Transactions per second; each one inserts one row like ours into the same table. */
async function runPgbench({ folder, port }: PostgresService): Promise<number> {
  const script = join(folder, "insert.sql");
  const headers = JSON.stringify({
    "content-type": "application/json",
    "user-agent": "axios/1.7.7",
    "x-retell-signature": `v=1,d=${"0".repeat(64)}`,
  });
  writeFileSync(
    script,
    `insert into gateway.inbox_event (provider, dedup_key, ordering_key, event_type, received_at, method, url, headers, body, verdict, key_id, status, source)
     values ('retell', 'call_ended:' || gen_random_uuid(), gen_random_uuid(), 'call_ended', now(), 'POST', 'https://gw.example.test/webhooks/retell',
       '${headers}', convert_to('${callBody("pgbench", 2048, 1)}', 'UTF8'), 'verified', 'main', 'ready', 'live');\n`,
    { mode: 0o644 },
  );
  const argv = [requireProgram("pgbench"), "-n", "-M", "prepared", "-c", "64", "-j", "2", "-T", String(seconds), "-f", script];
  const unprivileged = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
  const ended = await runCommand([...unprivileged, ...argv, "-h", folder, "-p", String(port), "-U", "postgres", "gateway"], {
    cwd: "/",
    timeoutMs: (seconds + 60) * 1000,
  });
  const tps = Number(/tps = ([\d.]+)/.exec(ended.stdout)?.[1] ?? Number.NaN);
  if (Number.isNaN(tps)) throw new Error(`pgbench failed:\n${ended.stdout}\n${ended.stderr}`);
  return tps;
}
