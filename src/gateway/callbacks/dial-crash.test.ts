import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { hours, minutes, seconds } from "../../kernel/clock.ts";
import { startRetell, type RetellStandIn } from "../../sandbox/vendors/retell.ts";
import { openStore, type Store } from "../../store/store.ts";
import { toDirectory, type OpeningHours } from "../companies/directory.ts";
import { asEveryCompany } from "../companies/tenant.ts";
import { callerNumber, insertPraxis, movedClock, openWorld, praxis, praxisNumber } from "./callback-world.test-support.ts";
import { dialNext, type DialGround } from "./dial-callbacks.ts";
import { openRetellLine } from "./retell-line.ts";
import { settleAttempts } from "./settle-attempts.ts";

let folder: string;
let store: Store;
let retell: RetellStandIn;
const children: ChildProcess[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ampel-dial-"));
  chmodSync(folder, 0o755);
  store = await openStore({ stateFolder: join(folder, "state") });
  await insertPraxis(store.pool);
}, 60_000);
beforeEach(async () => {
  retell = await startRetell({
    key: "key_of_nobody",
    numbers: [{ phone_number: praxisNumber }],
    agents: [{ agent_id: "agent_1" }],
  });
  await store.pool.query("truncate gateway.callback_attempt, gateway.callback");
  await asEveryCompany(store.pool, (client) =>
    client.query(
      `insert into gateway.callback (callback_id, company_id, branch_id, phone, reason, state, promised_by, not_before, created_at)
       values ('cb-1', 'praxis', 'mitte', $1, 'retell-down', 'waiting', now() + interval '30 minutes', now() - interval '1 minute', now())`,
      [callerNumber],
    ),
  );
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await retell.close();
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const allDay: OpeningHours = Object.fromEntries(["1", "2", "3", "4", "5", "6", "7"].map((day) => [day, [{ from: "00:00", to: "24:00" }]]));

/** A dialler in this process, `laterMs` after now. */
function later(laterMs: number): { ground: DialGround; line: ReturnType<typeof openRetellLine>; findings: string[] } {
  const world = openWorld({ settings: { callbacks: { perHour: 600 } }, clock: movedClock(Date.now() + laterMs) });
  const companies = [{ ...praxis, branches: praxis.branches.map((branch) => ({ ...branch, openingHours: allDay })) }];
  const directory = toDirectory({ asOf: 1, companies, agents: [], numbers: world.gateway.directory.numbers() });
  const access = (): never => ({ baseUrl: retell.url, key: { reveal: () => "key_of_nobody" } }) as never;
  const gateway = { ...world.gateway, directory, access };
  const findings: string[] = [];
  return {
    ground: { ...gateway, pool: store.pool, report: ({ kind }) => void findings.push(kind) },
    line: openRetellLine(gateway),
    findings,
  };
}

async function dialInChild(stop: "" | "intended" | "handed"): Promise<ChildProcess> {
  const child = fork(new URL("dial-process.test-support.ts", import.meta.url), {
    env: { ...process.env, DIAL_TEST_URL: store.url, DIAL_TEST_RETELL: retell.url, DIAL_TEST_STOP: stop },
    execArgv: [],
    stdio: "inherit",
  });
  children.push(child);
  expect(await once(child, "message")).toContain(stop === "" ? "done" : stop);
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

async function states(): Promise<unknown> {
  return await asEveryCompany(store.pool, async (client) => {
    const { rows } = await client.query<{ state: string; attempts: string[] }>(
      `select callback.state, array_agg(attempt.state order by number) as attempts
       from gateway.callback join gateway.callback_attempt attempt using (callback_id) group by 1`,
    );
    return rows[0];
  });
}

/** Telephones that really rang, once every call under way is over. */
async function countRung(): Promise<number> {
  await retell.settled();
  return retell.dialled.length;
}

const signal = (): AbortSignal => AbortSignal.timeout(seconds(15));

test("kill -9 between the intent and the hand-over: the vendor knows of no call, so it is dialled, once", async () => {
  await killed(await dialInChild("intended"));
  expect(await states()).toEqual({ state: "dialling", attempts: ["intended"] });
  const early = later(seconds(30));
  await settleAttempts(early.ground, early.line, signal());
  expect(await dialNext(early.ground, early.line, signal())).toBe(false);
  const { ground, line } = later(seconds(70));
  await settleAttempts(ground, line, signal());
  expect(await dialNext(ground, line, signal())).toBe(true);
  expect(await states()).toEqual({ state: "dialling", attempts: ["failed", "handed"] });
  expect(await countRung()).toBe(1);
});

test("kill -9 between the hand-over and its note: the call is found by our id, and nobody is called twice", async () => {
  await killed(await dialInChild("handed"));
  expect(await countRung()).toBe(1);
  const { ground, line } = later(seconds(70));
  for (let round = 0; round < 3; round += 1) {
    await settleAttempts(ground, line, signal());
    await dialNext(ground, line, signal());
  }
  expect(await states()).toEqual({ state: "dialling", attempts: ["handed"] });
  expect(await countRung()).toBe(1);
});

test("Retell did it and its answer got lost: found again, not repeated", async () => {
  retell.faults.set({ kind: "done-but-silent" }, { endpoint: "create-phone-call", times: 1 });
  const first = later(0);
  await expect(dialNext(first.ground, first.line, AbortSignal.timeout(300))).rejects.toThrow();
  const { ground, line } = later(seconds(70));
  await settleAttempts(ground, line, signal());
  await dialNext(ground, line, signal());
  expect(await states()).toEqual({ state: "dialling", attempts: ["handed"] });
  expect(await countRung()).toBe(1);
});

test("Retell said yes and did nothing: it is told apart from a call, and dialled", async () => {
  retell.faults.set({ kind: "lying" }, { endpoint: "create-phone-call", times: 1 });
  const first = later(0);
  await dialNext(first.ground, first.line, signal());
  expect(await countRung()).toBe(0);
  const { ground, line } = later(minutes(11));
  await settleAttempts(ground, line, signal());
  expect(await states()).toMatchObject({ attempts: ["missed"] });
});

test("Retell refuses in so many words or is not there at all: nobody was rung up, and it is tried again", async () => {
  retell.faults.set({ kind: "error", status: 422 }, { endpoint: "create-phone-call", times: 1 });
  const first = later(0);
  expect(await dialNext(first.ground, first.line, signal())).toBe(false);
  expect(await states()).toEqual({ state: "waiting", attempts: ["failed"] });
  await retell.close();
  const second = later(minutes(20));
  await dialNext(second.ground, second.line, signal()).catch(() => {});
  const ended = (await states()) as { attempts: string[] };
  expect(ended.attempts[1]).toBe("failed");
});

test("every vendor's answer is garbage for a quarter of an hour: a person decides", async () => {
  await killed(await dialInChild("intended"));
  retell.faults.set({ kind: "html" });
  const { ground, line, findings } = later(minutes(16));
  await settleAttempts(ground, line, signal());
  expect(await states()).toEqual({ state: "unclear", attempts: ["unknown"] });
  expect(findings).toEqual(["callback-unclear"]);
});

test("a dialler that was held up for hours does not dial on an old decision", async () => {
  const { ground, line } = later(0);
  const held = { ...ground, clock: { ...ground.clock, monotonicMs: heldUp() } };
  expect(await dialNext(held, line, signal())).toBe(false);
  expect(await countRung()).toBe(0);
});

function heldUp(): () => number {
  let at = 0;
  return () => (at += hours(2));
}
