import { afterAll, beforeAll, expect, test } from "vitest";
import { openGatewayWorld, type GatewayWorld } from "./gateway-world.ts";
import { knownAs } from "./gateway-vendors.ts";

let world: GatewayWorld;
beforeAll(async () => void (world = await openGatewayWorld()), 60_000);
afterAll(async () => await world?.clear(), 60_000);

const linde = knownAs("salon-linde");
const show = (x: unknown) => JSON.stringify(x, null, 1);
const runsOf = (d: any) => show(d.runs.map((r: any) => ({ playbook: r.playbook, subject: r.subject, state: r.state, message: r.message, ms: r.durationMs, steps: r.steps.map((s: any) => [s.name, s.state, s.durationMs, s.message, s.output]) })));

test("Retell goes down", { timeout: 120_000, retry: 0 }, async () => {
  const t0 = Date.now();
  const lap = (w: string) => console.log(w, Date.now() - t0);
  world.vendors.retell.faults.set({ kind: "down" });
  const end = await world.ask(["emergency-response", "--auto-fix"]);
  lap("responded");
  const call = await world.vendors.twilio.simulateCaller({ from: "+4917604069001", to: linde.number, hangUpAfter: 1 });
  await expect.poll(async () => (await world.rows("select * from gateway.callback")).length).toBe(1);
  lap("callback");
  world.vendors.retell.faults.clear();
  const back = await world.ask<any>(["playbook:run", "retell-unreachable-return", "--subject", "retell"], 110_000);
  lap("returned");
  console.log(back.exitCode, show(back.document), back.stderr);
  await expect.poll(async () => (await world.rows<any>("select state from gateway.callback")).map((r: any) => r.state), { timeout: 40_000 }).not.toContain("waiting");
  lap("dialled");
  console.log(await world.rows("select * from gateway.callback"), world.vendors.retell.dialled);
  console.log(world.vendors.retell.exchanges.filter((e) => e.endpoint === "create-phone-call").length);
  console.log(show((await world.health()).reasons));
});
test("cal", { timeout: 120_000, retry: 0 }, async () => {
  const t0 = Date.now();
  const lap = (w: string) => console.log(w, Date.now() - t0);
  await expect.poll(async () => (await world.rows("select * from gateway.availability where service_id = 'haarschnitt'")).length, { timeout: 20_000 }).toBeGreaterThan(3);
  lap("warm");
  world.vendors.calcom.faults.set({ kind: "down" });
  const end = await world.ask(["emergency-response", "--auto-fix"]);
  lap("responded");
  console.log(end.exitCode, runsOf(end.document), show(end.document.findings), show(end.document.remaining), end.stderr);
  const call = await world.vendors.retell.simulateCall({ from: "+4917604069001", to: linde.number, script: [
    { call: "check_availability", args: { service: linde.service, date: "übermorgen" } },
    { call: "book_appointment", args: (earlier) => ({ service: linde.service, name: "Anna Beispiel", datetime: (earlier[0]?.result as any)?.slots?.[0]?.starts_at, date: (earlier[0]?.result as any)?.slots?.[0]?.starts_at.slice(0, 10), time: (earlier[0]?.result as any)?.slots?.[0]?.starts_at.slice(11, 16) }) },
  ] });
  console.log(call.outcome, call.heard, show(call.functions.map((f) => f.result)), call.variables);
  console.log(await world.rows("select * from gateway.appointment"));
  world.vendors.calcom.faults.clear();
  const back = await world.ask<any>(["playbook:run", "calcom-sync-failed-return", "--subject", "calcom"], 110_000);
  lap("returned");
  console.log(back.exitCode, show(back.document), back.stderr);
  console.log(await world.rows("select * from gateway.appointment"), [...world.vendors.calcom.state.bookings.values()]);
  console.log(show((await world.health()).reasons));
});
