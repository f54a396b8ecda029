import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openCalcomApi, type Calcom } from "./calcom-api.ts";
import { CalcomFault, decideFaultKind, readReason } from "./calcom-fault.ts";
import { sendToCalcom } from "./calcom-send.ts";

let server: Server | undefined;
const asked: { method: string; url: string; version: unknown; body: string }[] = [];
afterEach(() => {
  server?.close().closeAllConnections();
  asked.length = 0;
});

type Reply = { status?: number; body?: unknown; headers?: Record<string, string> };
async function serve(...replies: (Reply | "cut" | "hang" | "half")[]): Promise<Calcom> {
  server = createServer((request, response) => {
    void answer(request, response, replies);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return at(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  replies: readonly (Reply | "cut" | "hang" | "half")[],
): Promise<void> {
  asked.push({
    method: request.method ?? "",
    url: request.url ?? "",
    version: request.headers["cal-api-version"],
    body: await read(request),
  });
  const reply = replies[Math.min(asked.length, replies.length) - 1] ?? {};
  if (reply === "hang") return;
  if (reply === "cut") return void request.socket.destroy();
  if (reply === "half") {
    const length = { "content-type": "application/json", "content-length": "500" };
    return void response.writeHead(200, length).write('{"status":"succ', () => response.destroy());
  }
  const { status = 200, body: text = {}, headers = {} } = reply;
  response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(typeof text === "string" ? text : JSON.stringify(text));
}
const at = (baseUrl: string): Calcom => openCalcomApi(sendToCalcom({ baseUrl, key: () => "cal_test", timeoutMs: 400 }));
async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
async function faultOf(work: Promise<unknown>): Promise<CalcomFault> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CalcomFault);
  return error as CalcomFault;
}

const { signal } = new AbortController();
const start = Date.parse("2026-11-24T09:00:00Z");
const booking = { uid: "u1", status: "accepted", start: "2026-11-24T10:00:00+01:00", end: "2026-11-24T10:30:00+01:00", eventTypeId: 7 };
const wish = {
  eventTypeId: 7,
  startsAt: start,
  operationId: "op-1",
  companyId: "salon",
  attendee: { name: "Erika", timeZone: "Europe/Berlin" },
};
const one = { body: { status: "success", data: booking } };

test.each<[string, (calcom: Calcom) => Promise<unknown>, Reply, string, string | undefined]>([
  [
    "slots",
    (calcom) => calcom.slots({ eventTypeId: 7, firstDay: "2026-11-24", lastDay: "2026-11-25" }, signal),
    { body: { status: "success", data: {} } },
    "GET /v2/slots?eventTypeId=7&start=2026-11-24&end=2026-11-25&timeZone=UTC",
    "2024-09-04",
  ],
  [
    "a reservation",
    (calcom) => calcom.reserveSlot({ eventTypeId: 7, startsAt: start, minutes: 5 }, signal),
    { body: { status: "success", data: { reservationUid: "r", reservationUntil: "2026-11-24T09:05:00Z" } } },
    "POST /v2/slots/reservations",
    "2024-09-04",
  ],
  [
    "its release",
    (calcom) => calcom.releaseSlot("r", signal),
    { body: { status: "success" } },
    "DELETE /v2/slots/reservations/r",
    "2024-09-04",
  ],
  ["a booking", (calcom) => calcom.createBooking(wish, signal), one, "POST /v2/bookings", "2026-02-25"],
  ["one booking", (calcom) => calcom.getBooking("u1", signal), one, "GET /v2/bookings/u1", "2026-02-25"],
  [
    "the list",
    (calcom) => calcom.listBookings({ updatedAfter: start }, signal),
    { body: { status: "success", data: [] } },
    "GET /v2/bookings?limit=100&afterUpdatedAt=2026-11-24T09%3A00%3A00.000Z",
    "2026-05-01",
  ],
  ["a cancellation", (calcom) => calcom.cancelBooking("u1", "no", signal), one, "POST /v2/bookings/u1/cancel", "2026-02-25"],
  [
    "a move",
    (calcom) => calcom.rescheduleBooking("u1", { startsAt: start, reason: "x" }, signal),
    one,
    "POST /v2/bookings/u1/reschedule",
    "2026-02-25",
  ],
  [
    "event types",
    (calcom) => calcom.listEventTypes(signal),
    { body: { status: "success", data: [] } },
    "GET /v2/event-types",
    "2024-06-14",
  ],
  [
    "an event type",
    (calcom) => calcom.getEventType(7, signal),
    { body: { status: "success", data: { id: 7, lengthInMinutes: 30 } } },
    "GET /v2/event-types/7",
    "2024-06-14",
  ],
  [
    "ourselves",
    (calcom) => calcom.me(signal),
    { body: { status: "success", data: { id: 1, username: "x", email: "x@example.org", timeZone: "UTC" } } },
    "GET /v2/me",
    undefined,
  ],
])("%s is asked for with the version of its endpoint", async (_, ask, reply, line, version) => {
  await ask(await serve(reply));
  expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([line]);
  expect(asked[0]?.version).toBe(version);
});

test("a booking carries our operation in its metadata, its start in UTC, and is read back as instants", async () => {
  const made = await (await serve(one)).createBooking(wish, signal);
  expect(JSON.parse(asked[0]?.body ?? "")).toEqual({
    eventTypeId: 7,
    start: "2026-11-24T09:00:00.000Z",
    attendee: { name: "Erika", timeZone: "Europe/Berlin" },
    metadata: { ampelOperation: "op-1", ampelCompany: "salon" },
  });
  expect(made).toMatchObject({ uid: "u1", startsAt: start, eventTypeId: 7 });
});

test("in the night the clocks go back, 02:30 comes twice: two slots, told apart by instant", async () => {
  const data = {
    "2026-10-25": [{ start: "2026-10-25T02:30:00+02:00" }, { start: "2026-10-25T02:30:00+01:00" }, { start: "2026-10-25T00:30:00Z" }],
  };
  const slots = await (
    await serve({ body: { status: "success", data } })
  ).slots({ eventTypeId: 7, firstDay: "2026-10-25", lastDay: "2026-10-25" }, signal);
  expect(slots).toEqual([Date.parse("2026-10-25T00:30:00Z"), Date.parse("2026-10-25T01:30:00Z")]);
});

test("all pages are read, whichever of the two shapes of paging comes back", async () => {
  const page = (uid: string, pagination: unknown): Reply => ({ body: { status: "success", data: [{ ...booking, uid }], pagination } });
  const byCursor = await serve(page("a", { nextCursor: "x", hasMore: true }), page("b", { nextCursor: null, hasMore: false }));
  expect((await byCursor.listBookings({}, signal)).bookings.map(({ uid }) => uid)).toEqual(["a", "b"]);
  server?.close().closeAllConnections();
  asked.length = 0;
  const bySkip = await serve(page("a", { hasNextPage: true }), page("b", { hasNextPage: false }));
  expect((await bySkip.listBookings({}, signal)).bookings.map(({ uid }) => uid)).toEqual(["a", "b"]);
  expect(asked[1]?.url).toContain("skip=1");
});

test("a cursor that stands still is an error, not a short answer", async () => {
  const calcom = await serve({ body: { status: "success", data: [booking], pagination: { nextCursor: "x", hasMore: true } } });
  expect(await faultOf(calcom.listBookings({}, signal))).toMatchObject({ kind: "garbled" });
});

test("entries of a list that are no plain booking are counted, the others read", async () => {
  const calcom = await serve({ body: { status: "success", data: [booking, { seats: 3 }] } });
  expect(await calcom.listBookings({}, signal)).toMatchObject({ strange: 1, bookings: [{ uid: "u1" }] });
});

test.each<[string, Reply | "cut" | "hang" | "half", Partial<CalcomFault>, boolean]>([
  [
    "a failing server",
    { status: 500, body: { status: "error", error: { message: "boom" } } },
    { kind: "unavailable", status: 500, reason: "boom" },
    true,
  ],
  ["a page with status 200", { body: "<!doctype html><html>" }, { kind: "garbled", reason: "HTML" }, true],
  ["a redirect", { status: 302, body: "", headers: { location: "https://elsewhere.example" } }, { kind: "garbled", status: 302 }, true],
  ["half a body", "half", { kind: "lost" }, true],
  ["a connection cut after sending", "cut", { kind: "lost" }, true],
  ["silence", "hang", { kind: "lost", reason: "timeout" }, true],
  ["a success without the booking", { body: { status: "success", data: {} } }, { kind: "garbled" }, true],
  [
    "throttling with a time",
    { status: 429, body: {}, headers: { "retry-after": "30" } },
    { kind: "throttled", retryAfterMs: 30_000 },
    false,
  ],
  ["throttling without one", { status: 429, body: "slow down" }, { kind: "throttled", retryAfterMs: undefined }, false],
  ["a suspended account", { status: 403, body: { message: "Your account has been suspended" } }, { kind: "suspended" }, false],
  ["a key that is not accepted", { status: 401, body: { error: "Unauthorized" } }, { kind: "denied" }, false],
  [
    "a busy host",
    { status: 400, body: { error: { message: "User either already has booking at this time or is not available" } } },
    { kind: "taken" },
    false,
  ],
  [
    "an error with status 200",
    { body: { status: "error", error: { message: "no_available_users_found_error" } } },
    { kind: "taken" },
    false,
  ],
  [
    "any other no",
    { status: 400, body: { message: ["start must be a date"] } },
    { kind: "refused", reason: "start must be a date" },
    false,
  ],
])("%s is recognised, and whether the booking may exist all the same", async (_, reply, fault, isUnknown) => {
  const seen = await faultOf((await serve(reply)).createBooking(wish, signal));
  expect(seen).toMatchObject(fault);
  expect(seen.isOutcomeUnknown).toBe(isUnknown);
});

test("where nobody listens nothing was sent, so nothing is unknown", async () => {
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const { port } = gone.address() as AddressInfo;
  gone.close();
  await once(gone, "close");
  const seen = await faultOf(at(`http://127.0.0.1:${port}`).createBooking(wish, signal));
  expect(seen).toMatchObject({ kind: "unreachable", isOurs: false, isOutcomeUnknown: false, code: "vendor-unreachable" });
});

test("reasons are read from every shape Cal.com sends them in", () => {
  for (const body of [
    "gone",
    { message: "gone" },
    { error: "gone" },
    { error: { message: "gone" } },
    { error: { details: { message: "gone" } } },
    [{ message: "gone" }],
  ]) {
    expect(readReason(body)).toBe("gone");
  }
  expect(readReason({ error: { error: { error: { error: { error: { error: "deep" } } } } } })).toBe("");
});

test("a 400 about anything else than the host is not called taken", () => {
  expect(decideFaultKind(400, "email is required")).toBe("refused");
  expect(decideFaultKind(409, "slot is already reserved")).toBe("taken");
});
