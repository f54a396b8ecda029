import { parseArgs } from "node:util";
import type { Pool } from "pg";
import { insertDeliveries } from "../src/gateway/accept/insert-deliveries.ts";
import { callEventHandler } from "../src/gateway/calls/call-events.ts";
import { startInboxWorker } from "../src/gateway/inbox/worker.ts";
import { tell } from "./figure.ts";
import { benchGateway, lifecycleEvent, openBenchStore, startDurablePostgres } from "./gateway-ground.ts";

// H3: node bench/gateway-drain.ts [--short] [--events 200000]. Effects applied per second from a backlog, on a Postgres that syncs:
// calls of eight companies, three events each, through the worker of one process. An effect counts when its event is done.
const { values: given } = parseArgs({
  options: { short: { type: "boolean", default: false }, events: { type: "string" }, batch: { type: "string" }, lanes: { type: "string" } },
});
const events = Number(given.events ?? (given.short ? 15_000 : 200_000));
const demandedPerSecond = 2000;
const outageEvents = 60 * 3600;

const { service, url } = await startDurablePostgres();
try {
  const { pool, directory, close } = await openBenchStore(url);
  const { rows } = await pool.query<{ fsync: string }>("select current_setting('fsync') as fsync");
  await fill(pool, events);
  await pool.query("checkpoint");
  const marks: { at: number; applied: number }[] = [];
  let applied = 0;
  const { promise: isDone, resolve } = Promise.withResolvers<void>();
  const startedMs = performance.now();
  const worker = startInboxWorker(benchGateway(pool, directory), [callEventHandler], {
    ...(given.batch === undefined ? {} : { batchSize: Number(given.batch) }),
    ...(given.lanes === undefined ? {} : { lanes: Number(given.lanes) }),
    onBatch: ({ settled }) => {
      applied += settled.filter(({ settled: one }) => one.outcome === "applied").length;
      marks.push({ at: performance.now(), applied });
      if (applied >= events) resolve();
    },
  });
  await isDone;
  const tookMs = performance.now() - startedMs;
  await worker.stop();
  const { rows: check } = await pool.query<{ calls: string; analysed: string }>(
    "select count(*) as calls, count(*) filter (where analysis is not null and state = 'ended') as analysed from gateway.call",
  );
  if (Number(check[0]?.calls) !== Math.ceil(events / 3)) throw new Error(`${check[0]?.calls} calls of ${events} events`);
  const perSecond = (events * 1000) / tookMs;
  const about = `backlog of ${events}, fsync ${rows[0]?.fsync}, callEventHandler`;
  tell({ figure: `H3 effects applied, ${about}`, unit: "1/s", samples: ratesOf(marks, startedMs) });
  const isKept = tell({
    figure: "H3 demanded rate / measured rate over the whole backlog",
    unit: "ratio",
    samples: [demandedPerSecond / perSecond],
    limit: 1,
  });
  tell({ figure: "H3 time to drain a one-hour outage at 60 events/s (216,000)", unit: "s", samples: [outageEvents / perSecond] });
  await close();
  process.exitCode = isKept ? 0 : 1;
} finally {
  await service.stop();
}

async function fill(pool: Pool, count: number): Promise<void> {
  for (let from = 0; from < count; from += 1000) {
    const page = Array.from({ length: Math.min(1000, count - from) }, (_, index) => lifecycleEvent(from + index));
    await insertDeliveries(pool, page, 60_000);
  }
}

/** The rate of every fifth of the run: a backlog that slows down as it shrinks would show. */
function ratesOf(marks: readonly { at: number; applied: number }[], startedMs: number): number[] {
  const rates: number[] = [];
  let before = { at: startedMs, applied: 0 };
  for (let fifth = 1; fifth <= 5; fifth += 1) {
    const mark = marks.find(({ applied: sofar }) => sofar >= (events * fifth) / 5) ?? marks.at(-1);
    if (mark === undefined || mark.at === before.at) continue;
    rates.push(((mark.applied - before.applied) * 1000) / (mark.at - before.at));
    before = mark;
  }
  return rates;
}
