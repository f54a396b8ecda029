import type pg from "pg";
import { asEveryCompany } from "../companies/tenant.ts";
import { callbackJobs } from "./callback-jobs.ts";
import { drain, openWorld, type World } from "./callback-world.test-support.ts";
import { NotDialled, type CallOutcome, type DialLine, type DialOrder } from "./line.ts";

export type Row = Record<string, unknown>;
export const rowsOf = async (pool: pg.Pool, table: string): Promise<Row[]> =>
  await asEveryCompany(pool, async (client) => (await client.query<Row>(`select * from gateway.${table} order by 1, 3`)).rows);

/** A line that remembers whom it rang, as the vendor would. */
export type FakeLine = DialLine & {
  readonly calls: DialOrder[];
  isUp: boolean;
  dialFails: Error | undefined;
  findFails: boolean;
  outcome: CallOutcome | undefined;
};

function fakeLine(): FakeLine {
  const line: FakeLine = {
    calls: [],
    isUp: true,
    dialFails: undefined,
    findFails: false,
    outcome: undefined,
    isReady: () => line.isUp,
    isHeld: () => false,
    canDial: () => true,
    dial: async (order) => {
      if (line.dialFails instanceof NotDialled) throw line.dialFails;
      line.calls.push(order);
      if (line.dialFails !== undefined) throw line.dialFails;
      return `call_${order.operationId}`;
    },
    find: async ({ operationId }) => {
      if (line.findFails) throw new Error("Retell does not answer");
      return line.calls.some((call) => call.operationId === operationId) ? `call_${operationId}` : undefined;
    },
    outcomeOf: () => Promise.resolve(line.outcome),
  };
  return line;
}

export type Running = World & {
  readonly line: FakeLine;
  readonly run: (name: string) => Promise<void>;
  readonly pass: (ms: number) => Promise<void>;
};

export function openRunning(pool: pg.Pool, settings: Record<string, unknown> = {}): Running {
  const world = openWorld({ pool, settings: { ...{ callbacks: { perHour: 60 } }, ...settings } });
  const line = fakeLine();
  const jobs = callbackJobs(world.gateway, world.backlog, line);
  const run = async (name: string): Promise<void> => await jobs.find((job) => job.name === name)?.run(AbortSignal.timeout(10_000));
  const pass = async (ms: number): Promise<void> => {
    world.clock.at += ms;
    await run("callback-backlog");
    await run("callback-dialler");
  };
  return { ...world, line, run, pass };
}

export async function callIn(pool: pg.Pool, world: World, ...callers: string[]): Promise<void> {
  world.state.isQueueMode = true;
  for (const [index, From] of callers.entries()) {
    world.clock.at += index;
    await world.ask("voice", { From, CallSid: `CA${String(index).padStart(31, "0")}f` });
  }
  world.state.isQueueMode = false;
  await drain(pool, world);
  world.kept.length = 0;
}
export const callerOf = (index: number): string => `+49309018201${String(index).padStart(2, "0")}`;

export async function endCall(pool: pg.Pool, callId: string, reason: string): Promise<void> {
  await asEveryCompany(pool, (client) =>
    client.query(
      `insert into gateway.call (company_id, call_id, state, direction, disconnection_reason) values ('praxis', $1, 'ended', 'outbound', $2)`,
      [callId, reason],
    ),
  );
}
