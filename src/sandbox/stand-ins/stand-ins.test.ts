import { expect, test } from "vitest";
import { calcomMeSchema } from "../../integrations/calcom.ts";
import { retellKeyInfoSchema } from "../../integrations/retell.ts";
import { parseVendorStatus } from "../../integrations/vendor-status.ts";
import { answerAsCalcom } from "./calcom.ts";
import { answerAsRetell } from "./retell.ts";
import type { Mood, StandIn, VendorRequest } from "./stand-in.ts";

const key = "key_of_the_world";
const ask = (standIn: StandIn, path: string, { mood = "ok", ...request }: Partial<VendorRequest> & { mood?: Mood } = {}) =>
  standIn({ method: "GET", path, authorization: `Bearer ${key}`, key, ...request }, mood);

test("Retell answers its key with who we are, in the vendor's shape", () => {
  const { status, body } = ask(answerAsRetell, "/get-api-key-info");
  expect(status).toBe(200);
  expect(retellKeyInfoSchema.safeParse(body).success).toBe(true);
});

test("Cal.com answers its key with who we are, in the vendor's shape", () => {
  const { status, body } = ask(answerAsCalcom, "/v2/me");
  expect(status).toBe(200);
  expect(calcomMeSchema.safeParse(body).success).toBe(true);
});

test("Retell refuses a missing key and a wrong one in two different shapes, as seen at the vendor", () => {
  expect(ask(answerAsRetell, "/get-api-key-info", { authorization: undefined })).toEqual({
    status: 401,
    body: { error_message: "Authorization header required" },
  });
  expect(ask(answerAsRetell, "/get-api-key-info", { authorization: "Bearer other" })).toMatchObject({
    status: 401,
    body: { status: "error" },
  });
});

test("Cal.com refuses a missing and a wrong key", () => {
  for (const authorization of [undefined, "Bearer other", key]) expect(ask(answerAsCalcom, "/v2/me", { authorization }).status).toBe(401);
});

test.each([
  [answerAsRetell, "/get-api-key-info", "error", 500],
  [answerAsRetell, "/get-api-key-info", "throttled", 429],
  [answerAsRetell, "/get-api-key-info", "suspended", 402],
  [answerAsRetell, "/health", "ok", 404],
  [answerAsCalcom, "/v2/me", "error", 500],
  [answerAsCalcom, "/v2/me", "throttled", 429],
  [answerAsCalcom, "/v2/me", "suspended", 403],
  [answerAsCalcom, "/v1/me", "ok", 404],
] as const)("%o answers %s in mood %s with %i", (standIn, path, mood, status) => {
  expect(ask(standIn, path, { mood }).status).toBe(status);
});

test.each([
  [answerAsRetell, "/api/v2/summary.json"],
  [answerAsCalcom, "/api/status/summary.json"],
] as const)("%o has a status page that needs no key, speaks of trouble when there is some, and outlives it", (standIn, path) => {
  const troublesIn = (mood: Mood) => parseVendorStatus(ask(standIn, path, { mood, authorization: undefined }).body)?.troubles;
  expect(troublesIn("ok")).toEqual([]);
  expect(troublesIn("error")).not.toEqual([]);
});
