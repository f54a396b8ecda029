import { afterEach, expect, test } from "vitest";
import { calcomMeSchema } from "../../integrations/calcom.ts";
import { retellKeyInfoSchema } from "../../integrations/retell.ts";
import { parseVendorStatus } from "../../integrations/vendor-status.ts";
import { startCalcom } from "../vendors/calcom.ts";
import { startRetell } from "../vendors/retell.ts";
import { seededCalcom, seededRetell, seededTwilio } from "../vendors/seeded.ts";
import { startTwilio } from "../vendors/twilio.ts";
import { deliveryFaultOf, faultOf, moods, readMood, type Mood } from "./stand-in.ts";

const key = "key_of_the_world";
let mood: Mood = "ok";
const weather = { weather: () => faultOf(mood), deliveryWeather: () => deliveryFaultOf(mood) };
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  mood = "ok";
  for (const each of open.splice(0)) await each.close();
});

/** The vendors as the programs of a world start them. */
const start = {
  retell: async () => await startRetell({ key, ...weather, ...seededRetell() }),
  calcom: async () => await startCalcom({ key, ...weather, ...seededCalcom() }),
};
type Vendor = keyof typeof start;

async function ask(vendor: Vendor, path: string, authorization: string | undefined = `Bearer ${key}`) {
  const running = await start[vendor]();
  open.push(running);
  const answer = await fetch(running.url + path, {
    headers: { ...(authorization === "" ? {} : { authorization }) },
    signal: AbortSignal.timeout(300),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    type: answer.headers.get("content-type"),
    body: text.startsWith("{") ? (JSON.parse(text) as unknown) : text,
  };
}

const cheap = { retell: "/get-api-key-info", calcom: "/v2/me" } as const;
const page = { retell: "/api/v2/summary.json", calcom: "/api/status/summary.json" } as const;

test("each vendor answers its key with who we are, in the vendor's shape", async () => {
  expect(retellKeyInfoSchema.safeParse((await ask("retell", cheap.retell)).body).success).toBe(true);
  expect(calcomMeSchema.safeParse((await ask("calcom", cheap.calcom)).body).success).toBe(true);
});

test("a missing and a wrong key are refused", async () => {
  for (const vendor of ["retell", "calcom"] as const) {
    for (const authorization of ["", "Bearer other", key]) expect((await ask(vendor, cheap[vendor], authorization)).status).toBe(401);
  }
});

test.each([
  ["retell", "error", 500],
  ["retell", "throttled", 429],
  ["retell", "suspended", 402],
  ["retell", "html", 200],
  ["calcom", "error", 500],
  ["calcom", "throttled", 429],
  ["calcom", "suspended", 403],
  ["calcom", "lying", 200],
] as const)("%s in the mood %s answers %i", async (vendor, wanted, status) => {
  mood = wanted;
  expect((await ask(vendor, cheap[vendor])).status).toBe(status);
});

test.each(["down", "silent", "slow", "half-body", "done-but-silent"] as const)(
  "in the mood %s no whole answer comes in a moment",
  async (wanted) => {
    mood = wanted;
    for (const vendor of ["retell", "calcom"] as const) await expect(ask(vendor, cheap[vendor])).rejects.toThrow(/./);
  },
);

test("the status page needs no key, speaks of trouble when there is some, and outlives it", async () => {
  const troubles = async (vendor: Vendor) => parseVendorStatus((await ask(vendor, page[vendor], "")).body)?.troubles;
  for (const vendor of ["retell", "calcom"] as const) {
    mood = "ok";
    expect(await troubles(vendor)).toEqual([]);
    for (const wanted of ["down", "silent", "error", "html"] as const) {
      mood = wanted;
      expect(await troubles(vendor)).not.toEqual([]);
    }
  }
});

test("every mood but the good one spoils either what is answered or what is sent; an unknown word spoils nothing", () => {
  for (const each of moods) {
    const spoilt = [faultOf(each), deliveryFaultOf(each)].filter((fault) => fault !== undefined);
    expect(spoilt).toHaveLength(each === "ok" ? 0 : 1);
  }
  expect(readMood("down\n")).toBe("down");
  expect(readMood("sunny")).toBe("ok");
});

test("the vendors know every company of the sandbox: its numbers at both of them, a calendar for every service", async () => {
  const numbers = seededRetell().numbers?.map(({ phone_number }) => phone_number) ?? [];
  expect(numbers).toHaveLength(15);
  expect(seededTwilio().numbers?.map(({ phoneNumber }) => phoneNumber)).toEqual(numbers);
  const { eventTypes = [], schedules = [] } = seededCalcom();
  expect([eventTypes.length, schedules.length]).toEqual([17, 8]);
  const running = await start.calcom();
  open.push(running);
  const from = Temporal.Now.plainDateISO("Europe/Berlin");
  for (const { id } of eventTypes) {
    const answer = await fetch(
      `${running.url}/v2/slots?eventTypeId=${id}&start=${from.toString()}&end=${from.add({ days: 7 }).toString()}`,
      {
        headers: { "cal-api-version": "2024-09-04" },
      },
    );
    expect(Object.keys(((await answer.json()) as { data: object }).data).length).toBeGreaterThan(2);
  }
});

test("another process lets people call, whatever the weather, and sees who was called", async () => {
  const retell = await start.retell();
  const twilio = await startTwilio({ authToken: key, ...weather, ...seededTwilio() });
  open.push(retell, twilio);
  const [to = ""] = [...retell.state.numbers.keys()];
  const call = async (url: string, authorization: string) => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ from: "+4917604069001", to }),
    });
    return { status: answer.status, body: await answer.json() };
  };
  const carrier = `Basic ${Buffer.from(`${twilio.accountSid}:${key}`).toString("base64")}`;
  expect(await call(`${retell.url}/sandbox/calls`, `Bearer ${key}`)).toMatchObject({ status: 200, body: { outcome: "talked" } });
  mood = "down";
  expect(await call(`${retell.url}/sandbox/calls`, `Bearer ${key}`)).toMatchObject({ status: 200, body: { outcome: "nobody-there" } });
  expect(await call(`${twilio.url}/sandbox/callers`, carrier)).toMatchObject({ status: 200, body: { status: "failed" } });
  expect((await call(`${retell.url}/sandbox/calls`, "Bearer other")).status).toBe(401);
});
