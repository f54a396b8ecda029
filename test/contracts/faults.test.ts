import { afterEach, describe, expect, test } from "vitest";
import Retell from "retell-sdk";
import { startCalcom, type CalcomStandIn } from "../../src/sandbox/vendors/calcom.ts";
import { startRetell, type RetellStandIn } from "../../src/sandbox/vendors/retell.ts";
import { startTwilio, type TwilioStandIn } from "../../src/sandbox/vendors/twilio.ts";
import type { VendorFault } from "../../src/sandbox/vendors/vendor-fault.ts";
import { startCustomerServer, type CustomerServer } from "./customer-server.ts";

const us = "+493012345678";
const them = "+491701234567";
const start = new Date(Date.now() + 86_400_000 * ((8 - new Date().getUTCDay()) % 7 || 7)).toISOString().slice(0, 10);
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});
const kept = <Part extends { close(): Promise<void> }>(part: Part): Part => {
  open.push(part);
  return part;
};

const bound = [{ agent_id: "agent_one", weight: 1 }];
const newRetell = async (customer?: CustomerServer): Promise<RetellStandIn> =>
  kept(
    await startRetell({
      key: "key",
      agents: [{ agent_id: "agent_one" }],
      numbers: [{ phone_number: us, inbound_agents: bound, outbound_agents: bound }],
      ...(customer === undefined ? {} : { webhookUrl: `${customer.url}/events` }),
      ringMs: 1,
      retryWaitsMs: [1, 1, 1],
    }),
  );
const newCalcom = async (): Promise<CalcomStandIn> => kept(await startCalcom({ key: "key" }));
const newTwilio = async (): Promise<TwilioStandIn> =>
  kept(await startTwilio({ authToken: "key", numbers: [{ phoneNumber: us }], messageStepMs: 1 }));

/** One writing request of each vendor, and whether it was really done. */
const vendors = {
  retell: async () => {
    const retell = await newRetell();
    const body = JSON.stringify({ from_number: us, to_number: them });
    const send = async (): Promise<Response> => await write(`${retell.url}/v2/create-phone-call`, body, { authorization: "Bearer key" });
    const read = async (): Promise<Response> => await fetch(`${retell.url}/get-concurrency`, { headers: { authorization: "Bearer key" } });
    const spoil = (fault: VendorFault): void => retell.faults.set(fault, { endpoint: "create-phone-call" });
    return { faults: retell.faults, settled: retell.settled, send, read, spoil, isDone: () => retell.dialled.length > 0 };
  },
  calcom: async () => {
    const calcom = await newCalcom();
    const attendee = { name: "A", email: "a@example.org", timeZone: "Europe/Berlin" };
    const body = JSON.stringify({ eventTypeId: 101, start: `${start}T10:00:00Z`, attendee });
    const send = async (): Promise<Response> =>
      await write(`${calcom.url}/v2/bookings`, body, { authorization: "Bearer key", "cal-api-version": "2026-02-25" });
    const read = async (): Promise<Response> => await fetch(`${calcom.url}/v2/me`, { headers: { authorization: "Bearer key" } });
    const spoil = (fault: VendorFault): void => calcom.faults.set(fault, { endpoint: "create-booking" });
    return { faults: calcom.faults, settled: calcom.settled, send, read, spoil, isDone: () => calcom.state.bookings.size > 0 };
  },
  twilio: async () => {
    const twilio = await newTwilio();
    const body = new URLSearchParams({ From: us, To: them, Body: "Hallo" }).toString();
    const authorization = `Basic ${Buffer.from(`${twilio.accountSid}:key`).toString("base64")}`;
    const send = async (): Promise<Response> =>
      await write(`${twilio.url}/2010-04-01/Accounts/${twilio.accountSid}/Messages.json`, body, {
        authorization,
        "content-type": "application/x-www-form-urlencoded",
      });
    const read = async (): Promise<Response> =>
      await fetch(`${twilio.url}/2010-04-01/Accounts/${twilio.accountSid}/Balance.json`, { headers: { authorization } });
    const spoil = (fault: VendorFault): void => twilio.faults.set(fault, { endpoint: "create-message" });
    return { faults: twilio.faults, settled: twilio.settled, send, read, spoil, isDone: () => twilio.received.length > 0 };
  },
};

async function write(url: string, body: string, headers: Record<string, string>): Promise<Response> {
  return await fetch(url, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
    signal: AbortSignal.timeout(150),
  });
}

/** What the sender sees (a status, or no answer) and whether the work was done all the same. */
const table: readonly (readonly [VendorFault, number | "none", boolean])[] = [
  [{ kind: "down" }, "none", false],
  [{ kind: "silent" }, "none", false],
  [{ kind: "slow", delayMs: 30 }, 201, true],
  [{ kind: "done-but-silent" }, "none", true],
  [{ kind: "half-body" }, "none", true],
  [{ kind: "lying" }, 201, false],
  [{ kind: "error" }, 500, false],
  [{ kind: "error", status: 503 }, 503, false],
  [{ kind: "html" }, 200, false],
  [{ kind: "html", status: 502 }, 502, false],
  [{ kind: "throttled" }, 429, false],
  [{ kind: "throttled", retryAfterSeconds: 7 }, 429, false],
];

describe.each(Object.entries(vendors))("%s", (name, begin) => {
  test.each(table)("%j: the sender sees %s, done: %s", async (fault, seen, isDone) => {
    const { faults, settled, send, isDone: look } = await begin();
    faults.set(fault, { times: 1 });
    const answer = await send()
      .then(async (response) => ({ response, text: await response.text() }))
      .catch(() => undefined);
    expect(answer?.response.status ?? "none").toBe(seen);
    if (fault.kind === "html") expect(answer?.text).toMatch(/^<!doctype html>/);
    const isTimed = fault.kind === "throttled" && fault.retryAfterSeconds !== undefined;
    expect(answer?.response.headers.get("retry-after") ?? null).toBe(isTimed ? "7" : null);
    if (fault.kind === "lying") expect(JSON.parse(answer?.text ?? "")).toBeTypeOf("object");
    await settled();
    expect(look()).toBe(isDone);
  });

  test("a suspended account is refused in the vendor's own way, until the fault is cleared", async () => {
    const { faults, send } = await begin();
    faults.set({ kind: "suspended" });
    expect((await send()).status).toBe({ retell: 402, calcom: 403, twilio: 403 }[name]);
    expect((await send()).ok).toBe(false);
    faults.clear();
    expect((await send()).status).toBe(201);
  });

  test("a fault can sit on one endpoint and leave the others alone", async () => {
    const { faults, send, read, spoil } = await begin();
    spoil({ kind: "error", status: 503 });
    expect([(await send()).status, (await read()).status]).toEqual([503, 200]);
    expect(faults.isAway()).toBe(false);
    faults.clear();
    expect((await send()).status).toBe(201);
  });
});

describe("what is sent to the customer", () => {
  const events = (customer: CustomerServer): string[] =>
    customer.requestsTo("/events").map(({ body }) => (JSON.parse(body) as { event: string }).event.replace("call_", ""));

  test.each([
    [{ kind: "doubled" }, ["analyzed", "analyzed", "ended", "ended", "started", "started"]],
    [{ kind: "lost" }, []],
    [{ kind: "late", delayMs: 5 }, ["analyzed", "ended", "started"]],
  ] as const)("%j leaves %j", async (fault, expected) => {
    const customer = kept(await startCustomerServer());
    const retell = await newRetell(customer);
    retell.webhooks.set(fault);
    await retell.simulateCall({ from: them, to: us });
    await retell.settled();
    expect(events(customer).sort()).toEqual(expected);
  });

  test("swapped: the end comes before the start, and nothing is lost", async () => {
    const customer = kept(await startCustomerServer());
    const retell = await newRetell(customer);
    retell.webhooks.set({ kind: "swapped" });
    await retell.simulateCall({ from: them, to: us, script: [{ waitMs: 5 }] });
    await retell.settled();
    const order = events(customer);
    expect(order.toSorted()).toEqual(["analyzed", "ended", "started"]);
    expect(order.indexOf("ended")).toBeLessThan(order.indexOf("started"));
  });

  test("forged, cut and late by the sender's clock: the vendor's own check refuses them", async () => {
    const customer = kept(await startCustomerServer());
    const retell = await newRetell(customer);
    const { call } = await retell.simulateCall({ from: them, to: us });
    await retell.settled();
    const id = call?.call_id ?? "";
    const lastIsGood = async (): Promise<boolean> => {
      await retell.settled();
      const last = customer.received.at(-1);
      return await Retell.verify(last?.body ?? "", "key", String(last?.headers["x-retell-signature"]));
    };
    expect(await lastIsGood()).toBe(true);
    retell.webhooks.set({ kind: "forged" });
    retell.sendEvent("call_ended", id);
    expect(await lastIsGood()).toBe(false);
    retell.webhooks.clear();
    retell.skewClock(-3_600_000);
    retell.sendEvent("call_ended", id);
    expect(await lastIsGood()).toBe(false);
    retell.skewClock(0);
    retell.webhooks.set({ kind: "cut" });
    retell.sendEvent("call_ended", id);
    expect(await lastIsGood()).toBe(false);
    expect(() => JSON.parse(customer.received.at(-1)?.body ?? "") as unknown).toThrow(/JSON/);
  });
});
