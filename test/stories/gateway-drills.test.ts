import { afterAll, beforeAll, expect, test } from "vitest";
import { knownAs } from "./gateway-vendors.ts";
import { openGatewayWorld, type GatewayWorld, type RunDocument } from "./gateway-world.ts";

let world: GatewayWorld;
beforeAll(async () => void (world = await openGatewayWorld()), 60_000);
afterAll(async () => await world?.clear(), 60_000);

// One world, one after the other: a second try would begin where the first one broke off.
const bounded = { timeout: 58_000, retry: 0 };
const linde = knownAs("salon-linde");
const physio = knownAs("physio-nord");
const caller = "+4917604069001";

const stepsOf = (run: RunDocument | undefined): Record<string, string> =>
  Object.fromEntries((run?.steps ?? []).map(({ name, state }) => [name, state]));
const outputOf = (run: RunDocument | undefined, step: string): string => run?.steps.find(({ name }) => name === step)?.output ?? "";

test("Retell goes down: callers are promised a callback, and once it is back each is called once", bounded, async () => {
  const { retell, twilio } = world.vendors;
  retell.faults.set({ kind: "down" });

  const { exitCode, document } = await world.ask(["emergency-response", "--auto-fix"]);
  expect(document.zone).toBe("yellow");
  expect(document.findings.map(({ cause, subject }) => `${cause} ${subject}`)).toContain("vendor-down retell");
  const run = document.runs.find(({ playbook }) => playbook === "retell-unreachable");
  expect(run, JSON.stringify(document.runs)).toMatchObject({ subject: "retell", state: "succeeded" });
  expect(stepsOf(run)).toMatchObject({ look: "done", "queue-mode": "done", fallback: "done", prove: "done" });
  // Every number is said to come to us, and the fallback has healed nothing: the light stays yellow.
  expect(outputOf(run, "queue-mode").match(/✓/g)).toHaveLength(5);
  expect(exitCode).toBe(11);

  const switchesOn = ["retell.fallback_mode", "retell.queue_mode"];
  await expect.poll(async () => (await world.health()).switches.map(({ key }) => key).toSorted()).toEqual(switchesOn);
  const status = await world.ask<{ switches: { key: string }[] }>(["status"]);
  expect(status.document.switches.map(({ key }) => key).toSorted()).toEqual(switchesOn);

  const call = await twilio.simulateCaller({ from: caller, to: linde.number, hangUpAfter: 1 });
  expect(call.heard).toEqual([expect.stringMatching(/Salon Linde.*rufen Sie .* bis .* zurück/)]);
  expect(call.endedBy).toBe("caller");
  expect(retell.state.calls.size).toBe(0);
  const readCallbacks = async () =>
    await world.rows<{ state: string; phone: string; reason: string }>("select state, phone, reason from gateway.callback");
  await expect.poll(readCallbacks).toEqual([{ state: "waiting", phone: caller, reason: "retell-down" }]);

  retell.faults.clear();
  const back = await world.ask<RunDocument>(["playbook:run", "retell-unreachable-return", "--subject", "retell"]);
  expect(back.exitCode, back.stdout).toBe(0);
  expect(stepsOf(back.document)).toEqual({
    look: "done",
    canary: "done",
    "queue-mode-off": "done",
    "fallback-off": "done",
    backfill: "done",
    prove: "done",
  });
  expect(outputOf(back.document, "queue-mode-off")).toMatch(/Wartende Rückrufe: 1/);
  await expect.poll(async () => (await world.health()).switches).toEqual([]);

  await expect.poll(readCallbacks, { timeout: 25_000 }).toMatchObject([{ state: "reached", phone: caller }]);
  expect(retell.exchanges.filter(({ endpoint }) => endpoint === "create-phone-call")).toHaveLength(1);
  expect(retell.dialled.map(({ to }) => to)).toEqual([caller]);
  const waiting = await world.ask<{ callbacks: unknown[]; keptIn24h: number; brokenIn24h: number }>(["callback:list"]);
  expect(waiting.document).toMatchObject({ callbacks: [], keptIn24h: 1, brokenIn24h: 0 });
  await expect.poll(async () => await world.unfinished(), { timeout: 5000 }).toEqual([]);
  const through = await twilio.simulateCaller({ from: "+4917604069002", to: linde.number });
  expect(through.dialled).toMatchObject([{ kind: "sip", status: "completed" }]);
});

type Answer = {
  outcome: string;
  message: string;
  is_stale?: boolean;
  is_confirmed?: boolean;
  as_of?: string;
  slots?: { starts_at: string }[];
};

test(
  "Cal.com goes down: times come from the cache, bookings are provisional, and afterwards each stands in Cal.com once",
  bounded,
  async () => {
    const { retell, calcom } = world.vendors;
    const cachedDays = async () =>
      (await world.rows("select distinct day from gateway.availability where service_id in ('haarschnitt', 'krankengymnastik')")).length;
    await expect.poll(cachedDays, { timeout: 15_000 }).toBeGreaterThan(7);
    calcom.faults.set({ kind: "down" });

    const { exitCode, document } = await world.ask(["emergency-response", "--auto-fix"]);
    expect([document.zone, exitCode], JSON.stringify(document.findings)).toEqual(["yellow", 11]);
    expect(document.findings.map(({ cause, subject }) => `${cause} ${subject}`)).toContain("vendor-down calcom");
    const run = document.runs.find(({ playbook }) => playbook === "calcom-sync-failed");
    // The cache serves callers; the canary is not answered, so nothing is compared and nothing called well.
    expect(stepsOf(run), JSON.stringify(run)).toEqual({ look: "done", cache: "done", canary: "failed" });
    await expect.poll(async () => (await world.health()).switches.map(({ key }) => key)).toEqual(["calcom.use_cache_fallback"]);

    const talk = async (known: typeof linde, from: string): Promise<Answer[]> => {
      const first = (earlier: readonly { result: unknown }[]): string =>
        (earlier[0]?.result as Answer | undefined)?.slots?.[0]?.starts_at ?? "";
      const { functions } = await retell.simulateCall({
        from,
        to: known.number,
        script: [
          { call: "check_availability", args: { service: known.service, date: "übermorgen" } },
          {
            call: "book_appointment",
            args: (earlier) => ({
              service: known.service,
              name: "Anna Beispiel",
              date: first(earlier).slice(0, 10),
              time: first(earlier).slice(11, 16),
            }),
          },
          { call: "check_availability", args: { service: known.service, date: "übermorgen", again: "1" } },
        ],
      });
      return functions.map(({ result }) => result as Answer);
    };
    const [free, booked, left] = await talk(linde, caller);
    const startsAt = Date.parse(free?.slots?.[0]?.starts_at ?? "");
    expect(free).toMatchObject({ outcome: "ok" });
    expect(booked).toMatchObject({
      outcome: "provisional",
      is_confirmed: false,
      message: expect.stringMatching(/vorgemerkt.*Fest ist der Termin noch nicht/),
    });
    expect(booked?.message).not.toMatch(/gebucht/);
    // What was known before the booking is old now, and is said to be.
    expect(left).toMatchObject({ outcome: "ok", is_stale: true, message: expect.stringMatching(/^Nach meinem Stand von /) });
    expect(Date.parse(left?.as_of ?? "")).toBeLessThan(Date.now());
    expect(left?.slots?.map(({ starts_at }) => Date.parse(starts_at))).not.toContain(startsAt);
    const [taken, hoped] = await talk(physio, "+4917604069002");
    expect(hoped).toMatchObject({ outcome: "provisional" });
    // Meanwhile every host of that time is given away in Cal.com itself.
    const type = calcom.state.eventTypes.get(physio.eventTypeId);
    if (type !== undefined) type.hostIds = type.hostIds.slice(0, 1);
    calcom.bookElsewhere({ eventTypeId: physio.eventTypeId, startAt: Date.parse(taken?.slots?.[0]?.starts_at ?? "") });

    calcom.faults.clear();
    const back = await world.ask<RunDocument>(["playbook:run", "calcom-sync-failed-return", "--subject", "calcom"]);
    expect(back.exitCode, back.stdout).toBe(0);
    const operations = await world.rows<{ company_id: string; state: string; operation_id: string }>(
      "select company_id, state, operation_id from gateway.appointment order by company_id desc",
    );
    const [confirmed] = operations;
    expect(confirmed).toMatchObject({ company_id: "salon-linde", state: "confirmed" });
    const there = [...calcom.state.bookings.values()].filter(({ metadata }) => metadata["ampelOperation"] === confirmed?.operation_id);
    expect(there).toMatchObject([{ status: "accepted", startAt: startsAt }]);
    expect(outputOf(back.document, "prove")).toMatch(/physio-nord/);
    const open = await world.ask<{ conflicts: { companyId: string; kind: string }[] }>(["booking:conflicts"]);
    expect(open.document.conflicts).toMatchObject([{ companyId: "physio-nord", kind: "slot-taken" }]);
    await expect.poll(async () => (await world.health()).switches).toEqual([]);
    // Whoever was promised that time is promised a call instead.
    const promised = async () => await world.rows<{ phone: string }>("select phone from gateway.callback where company_id = 'physio-nord'");
    await expect.poll(promised, { timeout: 25_000 }).toEqual([{ phone: "+4917604069002" }]);
    await expect.poll(async () => await world.unfinished(), { timeout: 5000 }).toEqual([]);
  },
);
