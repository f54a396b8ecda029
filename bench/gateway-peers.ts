import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { Queue, Worker } from "bullmq";
import { Logger, run } from "graphile-worker";
import pg from "pg";
import { PgBoss } from "pg-boss";
import { openInboxWriter } from "../src/gateway/accept/inbox-writer.ts";
import type { Delivery } from "../src/gateway/delivery.ts";
import type { EventHandler } from "../src/gateway/event-handler.ts";
import { startInboxWorker } from "../src/gateway/inbox/worker.ts";
import { systemClock } from "../src/kernel/clock.ts";
import { startRedis } from "../test/services/redis.ts";
import { medianOf, tell } from "./figure.ts";
import { benchGateway, lifecycleEvent, openBenchStore, startDurablePostgres } from "./gateway-ground.ts";

// H4: node bench/gateway-peers.ts [--short] [--jobs 8000] [--rounds 3]. The same job for everybody: 64 senders hand over 2 KB each,
// known by the sender's key; it counts as accepted when it is durable, and as applied when its one row of effect is committed.
// Accepting and applying run at the same time, in one process. Postgres with fsync, Redis with appendfsync always.
const { values: given } = parseArgs({
  options: { short: { type: "boolean", default: false }, jobs: { type: "string" }, rounds: { type: "string" } },
});
const jobs = Number(given.jobs ?? (given.short ? 2400 : 9000));
const rounds = Number(given.rounds ?? (given.short ? 1 : 3));
const senders = 64;

/** Takes deliveries in and applies them; `applied` counts effects that are committed. */
type Peer = { accept(delivery: Delivery): Promise<unknown>; stop(): Promise<void> };
type Start = (onApplied: (count: number) => void) => Promise<Peer>;

const { service, url } = await startDurablePostgres();
const redis = await startRedis({ appendonly: "yes", appendfsync: "always", "maxmemory-policy": "noeviction" });
const store = await openBenchStore(url);
// Its own, so that nobody waits for another's connection.
const effects = new pg.Pool({ connectionString: url, max: 20 });
await effects.query(
  "create table bench_effect (dedup_key text primary key, call_id text not null, event_type text not null, body_bytes integer not null)",
);
const effectOf = ({
  dedupKey,
  orderingKey,
  eventType,
  body,
}: Pick<Delivery, "dedupKey" | "orderingKey" | "eventType" | "body">): [string, string, string, number] => [
  dedupKey,
  orderingKey,
  eventType,
  body.length,
];
await effects.query("grant select, insert on bench_effect to ampel_tenant");
const oneEffect = "insert into bench_effect values ($1, $2, $3, $4) on conflict do nothing";
const manyEffects = "insert into bench_effect select * from unnest($1::text[], $2::text[], $3::text[], $4::int[]) on conflict do nothing";
const columns = (deliveries: readonly Effect[]): unknown[] => [0, 1, 2, 3].map((column) => deliveries.map((each) => each[column]));
type Effect = ReturnType<typeof effectOf>;
type Job = { readonly effect: Effect; readonly body: string };
const jobOf = (delivery: Delivery): Job => ({ effect: effectOf(delivery), body: delivery.body.toString("utf8") });

const ampel: Start = async (onApplied) => {
  const handler: EventHandler = {
    name: "bench",
    handles: () => true,
    companyOf: () => "firma-0",
    apply: async (events, client) => {
      await client.query({ name: "bench-effects", text: manyEffects, values: columns(events.map(effectOf)) });
      return events.map(() => ({ kind: "done" }));
    },
  };
  const worker = startInboxWorker(benchGateway(store.pool, store.directory), [handler], {
    onBatch: ({ settled }) => onApplied(settled.length),
  });
  const writer = openInboxWriter({ pool: store.pool, clock: systemClock, waitMs: 30_000 });
  return {
    accept: (delivery) => writer.write(delivery),
    stop: async () => {
      await worker.stop();
      await store.pool.query("truncate gateway.inbox_event");
    },
  };
};

const bullmq: Start = async (onApplied) => {
  const connection = { host: redis.address, port: redis.port };
  const queue = new Queue<Job>("webhooks", { connection, defaultJobOptions: { removeOnComplete: 1000, attempts: 12 } });
  const worker = new Worker<Job>(
    "webhooks",
    async ({ data }) => {
      await effects.query({ name: "bench-effect", text: oneEffect, values: data.effect });
      onApplied(1);
    },
    { connection, concurrency: senders },
  );
  await worker.waitUntilReady();
  return {
    // A colon is not allowed in a job's own id.
    accept: (delivery) => queue.add("event", jobOf(delivery), { jobId: delivery.dedupKey.replaceAll(":", "-") }),
    stop: async () => {
      await worker.close();
      await queue.obliterate({ force: true });
      await queue.close();
    },
  };
};

const pgBoss: Start = async (onApplied) => {
  const boss = new PgBoss({ connectionString: url, max: 20 });
  boss.on("error", () => {});
  await boss.start();
  await boss.createQueue("webhooks");
  await boss.work<
    Job,
    void,
    { batchSize: 500; burstWhenBatchFull: true; pollingIntervalSeconds: 0.5; localConcurrency: 2; transactional: true }
  >(
    "webhooks",
    { batchSize: 500, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5, localConcurrency: 2, transactional: true },
    async (batch, client) => {
      await client.executeSql(manyEffects, columns(batch.map(({ data }) => data.effect)));
      onApplied(batch.length);
    },
  );
  return {
    accept: (delivery) => boss.send("webhooks", jobOf(delivery), { id: uuidOf(delivery.dedupKey) }),
    stop: async () => {
      await boss.stop({ graceful: true, timeout: 5000 });
      await effects.query("drop schema pgboss cascade");
    },
  };
};

const graphile: Start = async (onApplied) => {
  const pool = new pg.Pool({ connectionString: url, max: 40 });
  pool.on("error", () => {});
  pool.on("connect", (client) => void client.on("error", () => {}));
  const runner = await run({
    pgPool: pool,
    concurrency: 24,
    noHandleSignals: true,
    preset: { worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0, logger: new Logger(() => () => {}) } },
    taskList: {
      webhook: async (payload, { withPgClient }) => {
        await withPgClient((client) => client.query({ name: "bench-effect", text: oneEffect, values: (payload as Job).effect }));
        onApplied(1);
      },
    },
  });
  return {
    accept: (delivery) => runner.addJob("webhook", jobOf(delivery), { jobKey: delivery.dedupKey }),
    stop: async () => {
      await runner.stop();
      // It resolves before its last batch of completions is written.
      await systemClock.sleep(1000);
      await pool.query("drop schema graphile_worker cascade");
      await pool.end();
    },
  };
};

const peers: Readonly<Record<string, Start>> = { ampel, bullmq, "pg-boss": pgBoss, "graphile-worker": graphile };
type Rates = { readonly accepted: number[]; readonly applied: number[] };

try {
  const { rows } = await effects.query<{ fsync: string }>("select current_setting('fsync') as fsync");
  const results: Record<string, Rates> = {};
  const names = Object.keys(peers);
  for (let round = 0; round < rounds; round += 1) {
    // Another one begins each time: whatever the first pays for a cold disk is shared.
    for (const name of names.map((_, index) => names[(index + round) % names.length] ?? "")) {
      const { accepted, applied } = await measure(name);
      const rates = (results[name] ??= { accepted: [], applied: [] });
      rates.accepted.push(accepted);
      rates.applied.push(applied);
    }
  }
  process.exitCode = report(results, rows[0]?.fsync ?? "?") ? 0 : 1;
} finally {
  await effects.end();
  await store.close();
  await redis.stop();
  await service.stop();
}

async function measure(name: string): Promise<{ accepted: number; applied: number }> {
  await effects.query("truncate bench_effect");
  await effects.query("checkpoint");
  const { promise: allApplied, resolve } = Promise.withResolvers<void>();
  let applied = 0;
  const peer = await peers[name]?.((count) => {
    applied += count;
    if (applied >= jobs) resolve();
  });
  if (peer === undefined) throw new RangeError(name);
  const deliveries = Array.from({ length: jobs }, (_, index) => lifecycleEvent(index));
  let next = 0;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: senders }, async () => {
      for (let delivery = deliveries[next++]; delivery !== undefined; delivery = deliveries[next++]) await peer.accept(delivery);
    }),
  );
  const acceptedMs = performance.now() - startedMs;
  await allApplied;
  const appliedMs = performance.now() - startedMs;
  await peer.stop();
  const { rows } = await effects.query<{ count: string }>("select count(*) from bench_effect");
  if (Number(rows[0]?.count) !== jobs) throw new Error(`${name}: ${rows[0]?.count} effects of ${jobs} jobs`);
  return { accepted: (jobs * 1000) / acceptedMs, applied: (jobs * 1000) / appliedMs };
}

function report(results: Readonly<Record<string, Rates>>, fsync: string): boolean {
  for (const [name, { accepted, applied }] of Object.entries(results)) {
    tell({
      figure: `H4 accepted durably, ${name}, ${senders} senders, 2 KB, fsync ${fsync}, appendfsync always`,
      unit: "1/s",
      samples: accepted,
    });
    tell({ figure: `H4 accepted and applied once, ${name}`, unit: "1/s", samples: applied });
  }
  const own = results["ampel"] ?? { accepted: [], applied: [] };
  let isKept = true;
  for (const [name, rates] of Object.entries(results).filter(([each]) => each !== "ampel")) {
    for (const kind of ["accepted", "applied"] as const) {
      const ratio = rates[kind].map((rate) => rate / medianOf(own[kind].toSorted((left, right) => left - right)));
      isKept = tell({ figure: `H4 ${name} / ampel, ${kind}`, unit: "ratio", samples: ratio, limit: 1, peer: name }) && isKept;
    }
  }
  return isKept;
}

function uuidOf(key: string): string {
  const hex = createHash("sha256").update(key).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
