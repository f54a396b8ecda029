import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { applyEvents, readBreakers } from "../../gateway/breakers/breaker-rows.ts";
import { defaultBreakerPolicy, type BreakerEvent } from "../../gateway/breakers/breaker.ts";
import { Failure } from "../../kernel/failure.ts";
import { startCalcom, type CalcomStandIn } from "../../sandbox/vendors/calcom.ts";
import { circuitBreakerIsolate, circuitBreakerRelease, circuitBreakerReset, circuitBreakerStatus } from "./circuit-breaker.ts";
import { openCommandGround, type CommandGround } from "./gateway-command.test-support.ts";

let ground: CommandGround;
let calcom: CalcomStandIn;
let gateway: string;
beforeAll(async () => {
  ground = await openCommandGround();
  calcom = await startCalcom({ key: "cal_test" });
  process.env["BREAKER_TEST_KEY"] = "cal_test";
  gateway = `publicUrl: https://gw.example.org\ncalcom:\n  baseUrl: ${calcom.url}\n  apiKey: \${env:BREAKER_TEST_KEY}`;
}, 60_000);
beforeEach(async () => {
  calcom.faults.clear();
  await ground.store.pool.query("truncate gateway.breaker, gateway.breaker_change, gateway.egress, gateway.egress_count");
});
afterAll(async () => {
  await calcom.close();
  await ground.clear();
});

const happen = (...events: BreakerEvent[]): Promise<unknown> => applyEvents(ground.store.pool, "calcom", events, defaultBreakerPolicy);
const failed: BreakerEvent = { kind: "call", verdict: "failed", at: Date.now(), why: "HTTP 502" };
const openIt = (): Promise<unknown> => happen(failed, failed, failed, failed, failed);
async function stateNow(): Promise<string | undefined> {
  return (await readBreakers(ground.store.pool)).find(({ vendor }) => vendor === "calcom")?.breaker.phase.state;
}
const reset = (...argv: string[]): ReturnType<CommandGround["run"]> =>
  ground.run("circuit-breaker:reset", circuitBreakerReset, argv, gateway);

test("status says state, since when, why, what is next, and what went out", async () => {
  await openIt();
  await ground.store.pool.query(
    "insert into gateway.egress_count (bucket, minute, sent, throttled, refused) values ('calcom:main', date_trunc('minute', now()), 41, 2, 1)",
  );
  const outcome = await ground.run("circuit-breaker:status", circuitBreakerStatus, ["calcom"], gateway);
  expect(outcome.exitCode).toBe(0);
  expect(outcome.document).toMatchObject({
    breakers: [
      {
        vendor: "calcom",
        state: "open",
        openCount: 1,
        lastFailure: { what: "HTTP 502" },
        egress: [{ bucket: "calcom:main", lastHour: { sent: 41, throttled: 2, refused: 1 } }],
      },
    ],
  });
  expect(outcome.text).toMatch(/calcom ist offen seit .*\n.*Öffnung 1 in Folge, nächste Probe um .*\n.*letzter Fehler HTTP 502/);
  expect((await ground.run("circuit-breaker:status", circuitBreakerStatus, ["calcom", "--expect", "closed"], gateway)).exitCode).toBe(3);
  const all = await ground.run("circuit-breaker:status", circuitBreakerStatus, [], gateway);
  expect((all.document as { breakers: unknown[] }).breakers).toHaveLength(3);
});

test("reset: the trial call succeeds, so it closes and a block is lifted; a rehearsal changes nothing", async () => {
  await openIt();
  await ground.store.pool.query("insert into gateway.egress (bucket, blocked_until) values ('calcom:main', now() + interval '1 hour')");
  const rehearsal = await reset("calcom", "--dry-run");
  expect(rehearsal.document).toMatchObject({ from: "open", to: "closed", isDryRun: true, canary: { isWell: true } });
  expect(await stateNow()).toBe("open");
  expect((await reset("calcom")).exitCode).toBe(0);
  expect(await stateNow()).toBe("closed");
  expect((await ground.store.pool.query("select blocked_until from gateway.egress")).rows).toEqual([{ blocked_until: null }]);
});

test.each([
  ["answers 500", { kind: "error", status: 500 } as const, "HTTP 500"],
  ["shows a page", { kind: "html", status: 200 } as const, "ZodError"],
  ["has suspended the account", { kind: "suspended" } as const, "HTTP 403"],
])("reset: the vendor %s, so it stays open, with the evidence", async (_, fault, what) => {
  await openIt();
  calcom.faults.set(fault);
  const outcome = await reset("calcom");
  expect(outcome.exitCode).toBe(3);
  expect(outcome.document).toMatchObject({ from: "open", to: "open", canary: { isWell: false, what } });
  expect(outcome.text).toContain("calcom bleibt offen");
  expect(await stateNow()).toBe("open");
});

test("reset --force needs a reason, goes to half-open and never to closed, and opens again by itself", async () => {
  await openIt();
  calcom.faults.set({ kind: "down" });
  await expect(reset("calcom", "--force")).rejects.toMatchObject({ code: "usage" });
  const outcome = await reset("calcom", "--force", "--reason", "ihre Statusseite sagt gut", "--for", "2s");
  expect(outcome).toMatchObject({ exitCode: 0, document: { from: "open", to: "half-open" } });
  await expect
    .poll(
      async () => (await ground.run("circuit-breaker:status", circuitBreakerStatus, ["calcom", "--expect", "open"], gateway)).exitCode,
      { timeout: 10_000 },
    )
    .toBe(0);
  const { rows } = await ground.store.pool.query("select why, made_by, reason from gateway.breaker_change where made_by is not null");
  expect(rows).toEqual([{ why: "force-trial", made_by: "mara", reason: "ihre Statusseite sagt gut" }]);
}, 20_000);

test("isolate says by whom, why and until when; reset does not undo it, release does, through a trial", async () => {
  const isolate = (...argv: string[]): ReturnType<CommandGround["run"]> =>
    ground.run("circuit-breaker:isolate", circuitBreakerIsolate, argv, gateway);
  await expect(isolate("calcom", "--for", "30m")).rejects.toMatchObject({ code: "usage" });
  await expect(isolate("calcom", "--for", "3d", "--reason", "x")).rejects.toMatchObject({ code: "usage" });
  expect((await isolate("calcom", "--for", "30m", "--reason", "doppelte Buchungen")).document).toMatchObject({
    from: "closed",
    to: "isolated",
  });
  const refusal: unknown = await reset("calcom", "--force", "--reason", "eilig").catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Failure);
  expect(refusal).toMatchObject({ code: "refused-unsafe" });
  expect(await stateNow()).toBe("isolated");
  const released = await ground.run("circuit-breaker:release", circuitBreakerRelease, ["calcom", "--reason", "Ursache behoben"], gateway);
  expect(released.document).toMatchObject({ from: "isolated", to: "open" });
});

test("a vendor nobody knows is refused with the known ones", async () => {
  await expect(reset("stripe")).rejects.toMatchObject({
    code: "usage",
    message: "There is no vendor stripe; known: retell, calcom, twilio",
  });
  await expect(reset("twilio")).rejects.toMatchObject({ code: "config-invalid" });
});
