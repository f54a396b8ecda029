import { expect, test } from "vitest";
import { callRoutes } from "./call-routes.ts";
import {
  berlin,
  functionCall,
  signedRequest,
  testDesks,
  testGateway,
  wednesday,
  type TestDesks,
  type TestGateway,
} from "./calls.test-support.ts";
import { openToolCallLog } from "./tool-call-log.ts";

type Spoken = { success: boolean; message: string; outcome: string } & Record<string, unknown>;

async function call(
  body: unknown,
  { gateway = testGateway(), desks = testDesks() }: { gateway?: TestGateway; desks?: TestDesks } = {},
): Promise<Spoken> {
  const answer = await callRoutes(gateway, desks).fetch(signedRequest("/retell/functions", body));
  expect(answer.status).toBe(200);
  return (await answer.json()) as Spoken;
}

test.each([
  ["forged", signedRequest("/retell/functions", functionCall("query_appointment"), wednesday, "guessed")],
  ["an hour old", signedRequest("/retell/functions", functionCall("query_appointment"), wednesday - 3_600_000)],
  ["not signed", new Request("https://gw.example.test/retell/functions/query_appointment", { method: "POST", body: "{}" })],
])("a function call that is %s gets a sentence and no data", async (_, request) => {
  const desks = testDesks();
  const answer = await callRoutes(testGateway(), desks).fetch(request);
  expect(answer.status).toBe(401);
  expect(await answer.json()).toEqual({
    success: false,
    outcome: "refused",
    message: "Das kann ich im Moment leider nicht nachsehen. Bitte rufen Sie später noch einmal an.",
  });
  expect(desks.asked).toEqual([]);
});

test.each([
  [
    "check_availability",
    { datum: "morgen", uhrzeit: "14:30", dienstleistung: "Haarschnitt" },
    true,
    "Donnerstag, 26. November um 14 Uhr 30 ist frei",
  ],
  [
    "check_availability_v17",
    { datum: "morgen", uhrzeit: "12 Uhr", dienstleistung: "Haarschnit" },
    true,
    "um 12 Uhr ist leider nicht frei. Frei wäre",
  ],
  ["check_availability", { datum: "morgen" }, false, "Welche Leistung wünschen Sie: Haarschnitt, Farbe?"],
  ["check_availability", { dienstleistung: "Massage" }, false, "„Massage“ finde ich bei uns nicht"],
  ["check_availability", { datum: "2023-10-15", dienstleistung: "Farbe" }, false, "Heute ist Mittwoch, 25. November 2026"],
  [
    "check_availability",
    { datum: "nächsten Freitag", dienstleistung: "Farbe" },
    false,
    "Meinen Sie Freitag, 27. November oder Freitag, 4. Dezember?",
  ],
  [
    "book_appointment",
    { datum: "morgen", uhrzeit: "14:30", dienstleistung: "Haarschnitt", name: "Erika Muster" },
    true,
    "fest eingetragen",
  ],
  ["start_booking", { datum: "morgen", dienstleistung: "Haarschnitt", name: "Erika Muster" }, false, "Um wie viel Uhr"],
  ["start_booking", { datum: "morgen", uhrzeit: "14:30", dienstleistung: "Haarschnitt" }, false, "Auf welchen Namen"],
  ["start_booking", { datum: "heute", uhrzeit: "9 Uhr", dienstleistung: "Haarschnitt", name: "E" }, false, "schon vorbei"],
  ["query_appointment", {}, true, "Ihr nächster Termin ist Donnerstag, 26. November um 14 Uhr 30"],
  ["cancel_appointment", {}, true, "ist abgesagt"],
  ["reschedule_appointment", { neues_datum: "Freitag", neue_uhrzeit: "11 Uhr" }, true, "verlegt auf Freitag, 27. November um 11 Uhr"],
  ["request_callback", { reason: "Frage zur Rechnung" }, true, "Wir rufen Sie heute bis 10 Uhr 30 zurück."],
  ["get_opening_hours", {}, true, "Mittwoch, 25. November: von 9 Uhr bis 18 Uhr."],
  ["get_opening_hours", { datum: "Sonntag" }, true, "geschlossen"],
  ["list_services", {}, true, "Haarschnitt, Farbe"],
  ["get_current_context", {}, true, "Heute ist Mittwoch, 25. November 2026, es ist 10 Uhr."],
  ["parse_date", { text: "Montag in einer Woche um halb drei" }, true, "Montag, 7. Dezember um 14 Uhr 30"],
])("%s %j is answered", async (name, args, isSuccess, text) => {
  const answer = await call(functionCall(name, args));
  expect(answer.message).toContain(text);
  expect(answer.success).toBe(isSuccess);
});

test.each([
  [
    "provisional",
    { book: async () => ({ kind: "provisional", appointmentId: "a", startsAt: berlin("2026-11-26T14:30") }) as const },
    "vorgemerkt. Fest ist der Termin noch nicht",
  ],
  [
    "taken",
    { book: async () => ({ kind: "taken", alternatives: [berlin("2026-11-26T15:00")] }) as const },
    "gerade vergeben worden. Frei wäre noch",
  ],
  [
    "unavailable",
    { book: async () => ({ kind: "unavailable" }) as const },
    "noch nicht gebucht ist. Wir rufen Sie heute bis 10 Uhr 30 zurück.",
  ],
  ["refused", { book: async () => ({ kind: "refused", why: "unknown-service" }) as const }, "kann ich leider nicht eintragen"],
  ["failed", { book: async () => await Promise.reject(new TypeError("no such column")) }, "im Moment leider nicht bestätigen"],
  ["deadline", { book: async () => await new Promise<never>(() => {}) }, "im Moment leider nicht bestätigen"],
])("a booking that is %s is never called booked", async (outcome, given, text) => {
  const gateway = testGateway({ deadlineMs: 250 });
  const desks = testDesks(given);
  const args = { datum: "morgen", uhrzeit: "14:30", dienstleistung: "Haarschnitt", name: "Erika Muster" };
  const startedMs = performance.now();
  const answer = await call(functionCall("book_appointment", args), { gateway, desks });
  expect(performance.now() - startedMs).toBeLessThan(400);
  expect(answer).toMatchObject({ outcome });
  expect(answer.message).toContain(text);
  expect(answer.message).not.toMatch(/fest eingetragen|ist gebucht|abgesagt/);
  const isLost = ["unavailable", "failed", "deadline"].includes(outcome);
  expect(desks.promises.map(({ reason, phone }) => [reason, phone])).toEqual(isLost ? [["booking-failed", "+4915112345678"]] : []);
});

test("a desk and a callback desk that both hang still let the caller hear an honest sentence in time", async () => {
  const desks = testDesks({ book: async () => await new Promise<never>(() => {}) }, async () => await new Promise<never>(() => {}));
  const startedMs = performance.now();
  const args = { datum: "morgen", uhrzeit: "14:30", dienstleistung: "Haarschnitt", name: "E" };
  const answer = await call(functionCall("book_appointment", args), { gateway: testGateway({ deadlineMs: 300 }), desks });
  expect(performance.now() - startedMs).toBeLessThan(400);
  expect(answer.message).toContain("Soll Sie jemand zurückrufen?");
});

test("the same wish sent again has the same operation, another wish has another", async () => {
  const desks = testDesks();
  const args = { datum: "morgen", uhrzeit: "14:30", dienstleistung: "Haarschnitt", name: "Erika Muster" };
  await call(functionCall("book_appointment_v17", args), { desks });
  await call(
    functionCall("start_booking", {
      name: "erika  muster",
      uhrzeit: "14:30",
      datum: "morgen",
      dienstleistung: "haarschnitt",
      call_id: "current",
    }),
    { desks },
  );
  await call(functionCall("book_appointment", { ...args, uhrzeit: "15:00" }), { desks });
  await call(functionCall("book_appointment", args, { call_id: "call_fedcba9876543210" }), { desks });
  const ids = desks.asked.map(({ wish }) => (wish as { operationId: string }).operationId);
  expect(ids[1]).toBe(ids[0]);
  expect(new Set(ids).size).toBe(3);
});

test("the company is that of the number, whatever the payload claims", async () => {
  const desks = testDesks();
  await call(functionCall("check_availability", { dienstleistung: "Farbe", company_id: "zwei" }, { metadata: { company_id: "zwei" } }), {
    desks,
  });
  expect(desks.asked.map(({ companyId }) => companyId)).toEqual(["eins"]);
  const gateway = testGateway();
  const crossed = await call(functionCall("query_appointment", {}, { agent_id: "agent_2" }), { gateway, desks });
  expect(crossed.success).toBe(false);
  expect(gateway.findings).toMatchObject([{ kind: "number-and-agent-disagree" }]);
  expect(desks.asked).toHaveLength(1);
});

test("only the number that really calls sees its appointments", async () => {
  const desks = testDesks();
  const answer = await call(
    functionCall("query_appointment", { telefonnummer: "+4915199999999", name: "Erika Muster" }, { from_number: "anonymous" }),
    { desks },
  );
  expect(answer.message).toContain("Ihre Nummer ist unterdrückt");
  await call(functionCall("cancel_appointment", { appointment_id: "somebody-else", telefonnummer: "+4915199999999" }), { desks });
  expect(desks.asked.filter(({ act }) => act === "find").map(({ wish }) => (wish as { phone: string }).phone)).toEqual(["+4915112345678"]);
  expect(desks.asked.find(({ act }) => act === "cancel")?.wish).toMatchObject({ appointmentId: "apt-1" });
});

test.each(["None", "current_call", "call_001", "dummy_call_id", "undefined", "{{call_id}}", "call_12"])(
  "the placeholder %s as call id is a finding, and nothing is booked under it",
  async (callId) => {
    const gateway = testGateway();
    const desks = testDesks();
    const args = { datum: "morgen", uhrzeit: "14:30", dienstleistung: "Haarschnitt", name: "E" };
    expect(await call(functionCall("book_appointment", args, { call_id: callId }), { gateway, desks })).toMatchObject({
      success: false,
      outcome: "placeholder-call-id",
    });
    expect(desks.asked).toEqual([]);
    expect(gateway.findings).toMatchObject([{ kind: "placeholder-call-id" }]);
    expect(await call(functionCall("list_services", {}, { call_id: callId }), { gateway, desks })).toMatchObject({ success: true });
  },
);

test("a function nobody knows, a date in the past and a call id among the arguments are findings", async () => {
  const gateway = testGateway();
  expect(await call(functionCall("order_pizza_v3"), { gateway })).toMatchObject({ success: false, outcome: "unknown-function" });
  await call(functionCall("check_availability", { datum: "15.10.2023", dienstleistung: "Farbe", call_id: "call_001" }), { gateway });
  expect(gateway.findings.map(({ kind }) => kind)).toEqual(["unknown-function", "wrong-call-id", "past-date"]);
});

test("stale availability says how old it is", async () => {
  const desks = testDesks({
    availability: async () => ({ slots: [berlin("2026-11-26T09:00")], asOf: wednesday - 40 * 60_000, isStale: true }),
  });
  const answer = await call(functionCall("check_availability", { datum: "morgen", dienstleistung: "Farbe" }), { desks });
  expect(answer.message).toContain("Nach meinem Stand von 9 Uhr 20:");
  expect(answer["is_stale"]).toBe(true);
});

test("a thousand free times stay under what Retell cuts off", async () => {
  const slots = Array.from({ length: 1000 }, (_, index) => wednesday + (index + 1) * 600_000);
  const answer = await call(functionCall("check_availability", { dienstleistung: "Farbe" }), {
    desks: testDesks({ availability: async () => ({ slots, asOf: wednesday, isStale: false }) }),
  });
  expect(JSON.stringify(answer).length).toBeLessThan(15_000);
});

test.each([
  ["nothing", ""],
  ["no JSON", "{"],
  ["no name", "{}"],
  ["a list", "[1,2]"],
  ["no call", JSON.stringify({ name: "book_appointment", args: { datum: "morgen" } })],
  ["arguments that are no object", JSON.stringify({ ...(functionCall("check_availability") as object), args: "[" })],
  [
    "strange types",
    JSON.stringify({
      name: "book_appointment",
      args: { datum: { a: 1 }, uhrzeit: ["x"] },
      call: { call_id: 7, to_number: {}, agent_id: [] },
    }),
  ],
  ["a document of 100 levels", "[".repeat(100) + "]".repeat(100)],
])("a signed call with %s is answered with a sentence", async (_, body) => {
  const answer = await call(body);
  expect(answer.success).toBe(false);
  expect(answer.message.length).toBeGreaterThan(10);
});

test("a body longer than anything Retell sends is refused before it is held", async () => {
  const answer = await callRoutes(testGateway(), testDesks()).fetch(signedRequest("/retell/functions", "x".repeat(3 * 1024 * 1024)));
  expect(answer.status).toBe(413);
});

test("arguments at the root and a name in the address are understood", async () => {
  const request = signedRequest("/retell/functions/parse_date", {
    text: "morgen",
    call: { to_number: "+4930111111", call_id: "call_0123456789abcdef" },
  });
  expect(await (await callRoutes(testGateway(), testDesks()).fetch(request)).json()).toMatchObject({ success: true, date: "2026-11-26" });
});

test("a check of ours reads and books nothing, and leaves no record", async () => {
  const gateway = testGateway();
  const desks = testDesks();
  const log = openToolCallLog(gateway);
  const routes = callRoutes(gateway, desks, log);
  const args = { datum: "morgen", uhrzeit: "14:30", dienstleistung: "Haarschnitt", name: "E" };
  for (const name of ["check_availability", "book_appointment", "request_callback", "cancel_appointment"]) {
    await routes.fetch(signedRequest("/retell/functions", functionCall(name, args, { call_id: "ampel-synthetic-eins" })));
  }
  expect(desks.asked.map(({ act }) => act)).toEqual(["availability"]);
  expect(desks.promises).toEqual([]);
  expect(log.waiting).toBe(0);
});
