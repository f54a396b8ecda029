import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { openStore, type Store } from "../../store/store.ts";
import { readBreakers } from "./breaker-rows.ts";
import type { BreakerAnswer, BreakerOrder } from "./breaker-process.test-support.ts";
import { BreakerOpen } from "./breakers.ts";
import { defaultBreakerPolicy } from "./breaker.ts";
import { openBreakers, type BreakersKeeper } from "./keep-breakers.ts";

let ground: string;
let store: Store;
const opened: BreakersKeeper[] = [];
const children: ChildProcess[] = [];
beforeAll(async () => {
  ground = mkdtempSync(join(tmpdir(), "ampel-breakers-"));
  chmodSync(ground, 0o755);
  store = await openStore({ stateFolder: join(ground, "state") });
}, 60_000);
beforeEach(async () => {
  await store.pool.query("truncate gateway.breaker, gateway.breaker_change");
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(opened.splice(0).map((keeper) => keeper.close()));
});
afterAll(async () => {
  await store.close();
  rmSync(ground, { recursive: true, force: true });
});

const policy = { ...defaultBreakerPolicy, coolDownMs: 300 };
async function open(given: Partial<typeof policy> = {}): Promise<BreakersKeeper> {
  const keeper = await openBreakers({ pool: store.pool, clock: systemClock, settings: { policy: { ...policy, ...given } } });
  opened.push(keeper);
  return keeper;
}

type Process = {
  ask(order: Omit<Extract<BreakerOrder, { kind: "run" }>, "id"> | { kind: "state" }): Promise<BreakerAnswer>;
  child: ChildProcess;
};
async function startProcess(coolDownMs: number): Promise<Process> {
  const child = fork(join(import.meta.dirname, "breaker-process.test-support.ts"), {
    env: { ...process.env, BREAKER_TEST_URL: store.url, BREAKER_TEST_COOL_DOWN: String(coolDownMs) },
  });
  children.push(child);
  await once(child, "message");
  const waiting = new Map<number, (answer: BreakerAnswer) => void>();
  child.on("message", (answer: BreakerAnswer) => waiting.get(answer.id)?.(answer));
  let last = 0;
  return {
    child,
    ask: (order) => {
      last += 1;
      const id = last;
      child.send({ ...order, id });
      return new Promise((resolve) => waiting.set(id, resolve));
    },
  };
}
const startFour = (coolDownMs: number): Promise<Process[]> => Promise.all(Array.from({ length: 4 }, () => startProcess(coolDownMs)));
const run = (given: { isFailing?: boolean; holdMs?: number; times?: number } = {}): Parameters<Process["ask"]>[0] => ({
  kind: "run",
  isFailing: false,
  holdMs: 0,
  times: 1,
  ...given,
});
const sum = (answers: readonly BreakerAnswer[], what: "called" | "refused"): number =>
  answers.reduce((all, answer) => all + answer[what], 0);
const badGateway = async (): Promise<never> => {
  throw Object.assign(new Error("Bad Gateway"), { status: 502 });
};
const patience = (): AbortSignal => AbortSignal.timeout(10_000);

async function until(isSo: () => Promise<boolean> | boolean, limitMs: number): Promise<number> {
  const startedMs = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedMs > limitMs) throw new Error(`not so within ${limitMs} ms`);
    await systemClock.sleep(10);
  }
  return performance.now() - startedMs;
}

test("four processes: what one finds broken is open for all within a second, and exactly one is let through to look", async () => {
  const processes = await startFour(1500);
  const [first] = processes;
  await first?.ask(run({ isFailing: true, times: 5 }));
  const seenMs = await until(
    async () => (await Promise.all(processes.map((each) => each.ask({ kind: "state" })))).every(({ state }) => state === "open"),
    5000,
  );
  expect(seenMs).toBeLessThan(1000);
  const refused = await Promise.all(processes.map((each) => each.ask(run({ times: 50 }))));
  expect(sum(refused, "called")).toBe(0);
  await systemClock.sleep(1600); // the pause is over: everybody wants to be first
  const tried = await Promise.all(processes.map((each) => each.ask(run({ times: 50, holdMs: 800 }))));
  expect(sum(tried, "called")).toBe(1);
  expect(sum(tried, "refused")).toBe(199);
  await until(
    async () => (await Promise.all(processes.map((each) => each.ask({ kind: "state" })))).every(({ state }) => state === "closed"),
    1000,
  );
}, 60_000);

test("a process killed while it looks loses its lease, and another one looks", async () => {
  const keeper = await open({ trialMs: 1000 });
  const [victim] = [await startProcess(300)];
  await victim.ask(run({ isFailing: true, times: 5 }));
  await systemClock.sleep(400);
  void victim.ask(run({ holdMs: 60_000 }));
  await until(() => keeper.state("calcom") === "half-open", 2000);
  victim.child.kill("SIGKILL");
  await expect(keeper.run("calcom", async () => "well", patience())).rejects.toBeInstanceOf(BreakerOpen);
  // The lease was given by the victim's own policy: five seconds.
  await until(async () => (await keeper.run("calcom", async () => "well", patience()).catch(() => "")) === "well", 8000);
  expect(keeper.state("calcom")).toBe("closed");
}, 60_000);

test("a forced state survives a restart and ends by itself, in a trial", async () => {
  const before = await open();
  await before.change("retell", { kind: "isolate", forced: { by: "mara", reason: "double calls", until: Date.now() + 1500 } });
  await before.close();
  const after = await open();
  const seen = after.list().find(({ vendor }) => vendor === "retell");
  expect(seen).toMatchObject({ state: "isolated", isShared: true, breaker: { phase: { forced: { by: "mara", reason: "double calls" } } } });
  await expect(after.run("retell", async () => "called", patience())).rejects.toMatchObject({ vendor: "retell", state: "isolated" });
  await until(() => after.state("retell") === "open", 3000);
  expect(await after.run("retell", async () => "called", patience())).toBe("called");
  await after.flush();
  expect(after.state("retell")).toBe("closed");
  const { rows } = await store.pool.query("select from_state, to_state, why, made_by, reason from gateway.breaker_change order by id");
  expect(rows[0]).toEqual({ from_state: "closed", to_state: "isolated", why: "isolate", made_by: "mara", reason: "double calls" });
  expect(rows.at(-1)).toMatchObject({ to_state: "closed", made_by: null });
});

test("the store is lost: the last known state counts, and the vendor gets no storm", async () => {
  const processes = await startFour(1000);
  await processes[0]?.ask(run({ isFailing: true, times: 5 }));
  await until(
    async () => (await Promise.all(processes.map((each) => each.ask({ kind: "state" })))).every(({ state }) => state === "open"),
    5000,
  );
  const { rows: names } = await store.pool.query<{ database: string }>("select current_database() as database");
  const database = names[0]?.database ?? "";
  const other = new pg.Client({ connectionString: store.url.replace(`/${database}?`, "/template1?") });
  await other.connect();
  await other.query(`alter database ${database} with allow_connections false`);
  try {
    await other.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [database]);
    // Three seconds of callers: the first pause (1 s), then a doubled one (2 s): at most two looks a process.
    const rounds: BreakerAnswer[] = [];
    const startedMs = performance.now();
    while (performance.now() - startedMs < 3000) {
      rounds.push(...(await Promise.all(processes.map((each) => each.ask(run({ isFailing: true, times: 20 }))))));
    }
    expect(sum(rounds, "refused")).toBeGreaterThan(1000);
    expect(sum(rounds, "called")).toBeGreaterThanOrEqual(4);
    expect(sum(rounds, "called")).toBeLessThanOrEqual(8);
  } finally {
    await other.query(`alter database ${database} with allow_connections true`);
    await other.end();
  }
  // It is back: what all knew is still there.
  await until(async () => (await readBreakers(store.pool).catch(() => [])).length > 0, 5000);
  const stored = (await readBreakers(store.pool)).find(({ vendor }) => vendor === "calcom");
  expect(stored).toBeDefined();
  expect(stored?.breaker.phase.state).not.toBe("closed");
}, 60_000);

test("calls that are our own fault, and our own lost network, open nothing", async () => {
  const keeper = await open();
  for (let call = 0; call < 40; call += 1) {
    await keeper.run("calcom", async () => ({ status: 400 }), patience());
    await keeper.run("calcom", async () => ({ status: 429 }), patience());
    await keeper
      .run(
        "calcom",
        async () => {
          throw new RangeError("a bug of ours");
        },
        patience(),
      )
      .catch(() => {});
  }
  await keeper.flush();
  expect(keeper.state("calcom")).toBe("closed");
  expect(keeper.list().find(({ vendor }) => vendor === "calcom")?.breaker).toMatchObject({ calls: [], openCount: 0 });
});

test("calls that went well are told to the store only when something goes wrong, and then they count", async () => {
  const keeper = await open();
  for (let call = 0; call < 30; call += 1) await keeper.run("calcom", async () => ({ status: 200 }), patience());
  expect((await readBreakers(store.pool)).find(({ vendor }) => vendor === "calcom")?.version).toBe("1");
  for (let call = 0; call < 9; call += 1) await keeper.run("calcom", badGateway, patience()).catch(() => {});
  await keeper.flush();
  expect(keeper.state("calcom")).toBe("closed"); // 9 of the last 20
  await keeper.run("calcom", badGateway, patience()).catch(() => {});
  expect(keeper.state("calcom")).toBe("open");
  await keeper.flush();
  expect((await readBreakers(store.pool)).find(({ vendor }) => vendor === "calcom")?.breaker).toMatchObject({
    phase: { state: "open" },
    openCount: 1,
    lastFailure: { why: "HTTP 502" },
  });
});

test("without any store a breaker works for its own process", async () => {
  const keeper = await openBreakers({ pool: undefined, clock: systemClock, settings: { policy: { ...policy, coolDownMs: 50 } } });
  opened.push(keeper);
  for (let call = 0; call < 5; call += 1) await keeper.run("twilio", badGateway, patience()).catch(() => {});
  await expect(keeper.run("twilio", async () => "called", patience())).rejects.toBeInstanceOf(BreakerOpen);
  await systemClock.sleep(60);
  expect(await keeper.run("twilio", async () => "called", patience())).toBe("called");
  expect(keeper.state("twilio")).toBe("closed");
  expect(keeper.list().every(({ isShared }) => !isShared)).toBe(true);
});
