import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { calcomMeSchema, getCalcomMe } from "./calcom.ts";
import { getRetellKeyInfo, retellKeyInfoSchema } from "./retell.ts";

// Answers as the vendors' published contracts have them.
const keyInfo = { api_key_name: "production", org_name: "AskProAI" };
const me = {
  status: "success",
  data: {
    id: 7,
    username: "askproai",
    email: "team@example.org",
    name: null,
    avatarUrl: null,
    bio: null,
    timeFormat: 24,
    defaultScheduleId: null,
    weekStart: "Monday",
    timeZone: "Europe/Berlin",
    organizationId: null,
  },
};

let server: Server | undefined;
let asked: IncomingMessage | undefined;

async function serve(status: number, body: unknown, headers: Record<string, string> = {}): Promise<string> {
  server = createServer((request, response) => {
    asked = request;
    response
      .writeHead(status, { "content-type": "application/json", ...headers })
      .end(typeof body === "string" ? body : JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  server?.close().closeAllConnections();
});

const { signal } = new AbortController();

test("Retell is asked for the key's own info, with the key as bearer", async () => {
  const reply = await getRetellKeyInfo({ baseUrl: await serve(200, keyInfo), key: "key_1" }, signal);
  expect(asked).toMatchObject({ method: "GET", url: "/get-api-key-info", headers: { authorization: "Bearer key_1" } });
  expect(retellKeyInfoSchema.parse(reply.json)).toEqual(keyInfo);
  expect(calcomMeSchema.safeParse(reply.json).success).toBe(false);
});

test.each(["", "/", "/v2", "/v2/"])("Cal.com is asked for our own profile, with the base written as …%s", async (tail) => {
  const reply = await getCalcomMe({ baseUrl: (await serve(200, me)) + tail, key: "cal_live_1" }, signal);
  expect(asked).toMatchObject({ method: "GET", url: "/v2/me", headers: { authorization: "Bearer cal_live_1" } });
  expect(asked?.headers["cal-api-version"]).toBeUndefined();
  expect(calcomMeSchema.safeParse(reply.json).success).toBe(true);
  expect(retellKeyInfoSchema.safeParse(reply.json).success).toBe(false);
});

test("a redirect is handed back, not followed", async () => {
  const reply = await getRetellKeyInfo(
    { baseUrl: await serve(302, "", { location: "https://portal.example.org/login?next=x" }), key: "key_1" },
    signal,
  );
  expect(reply).toMatchObject({ status: 302, location: "https://portal.example.org/login?next=x", json: undefined });
});

test("the time to wait is read from seconds only", async () => {
  expect(await getRetellKeyInfo({ baseUrl: await serve(429, {}, { "retry-after": "30" }), key: "k" }, signal)).toMatchObject({
    retryAfterMs: 30_000,
  });
  server?.close().closeAllConnections();
  expect(await getRetellKeyInfo({ baseUrl: await serve(429, {}, { "retry-after": "soon" }), key: "k" }, signal)).toMatchObject({
    retryAfterMs: undefined,
  });
});
