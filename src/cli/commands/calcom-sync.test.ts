import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { asEveryCompany } from "../../gateway/companies/tenant.ts";
import { startCalcom, type CalcomStandIn } from "../../sandbox/vendors/calcom.ts";
import { bookingConflicts } from "./booking-conflicts.ts";
import { calcomEmergencySync } from "./calcom-sync.ts";
import { openCommandGround, type CommandGround } from "./gateway-command.test-support.ts";

const eventTypeId = 7;
const dayMs = 86_400_000;
let ground: CommandGround;
let calcom: CalcomStandIn;
let gateway: string;
/** Ten in the morning UTC of the next working day but one. */
let soon: number;
beforeAll(async () => {
  ground = await openCommandGround();
  calcom = await startCalcom({ key: "cal_test", eventTypes: [{ id: eventTypeId, lengthInMinutes: 30 }] });
  process.env["SYNC_TEST_KEY"] = "cal_test";
  gateway = `publicUrl: https://gw.example.org\ncalcom:\n  baseUrl: ${calcom.url}\n  apiKey: \${env:SYNC_TEST_KEY}`;
  soon = Math.floor(Date.now() / dayMs) * dayMs + dayMs + 36_000_000;
  while ([0, 6].includes(new Date(soon).getUTCDay())) soon += dayMs;
}, 60_000);
beforeEach(async () => {
  calcom.faults.clear();
  calcom.state.bookings.clear();
  await asEveryCompany(ground.store.pool, async (client) => {
    for (const table of ["appointment_uid", "booking_conflict", "appointment", "service", "company"]) {
      await client.query(`delete from gateway.${table}`);
    }
    await client.query("insert into gateway.company (company_id, name) values ('salon', 'Salon')");
    await client.query(
      "insert into gateway.service (company_id, service_id, name, duration_minutes, calcom_event_type_id) values ('salon', 'cut', 'Schnitt', 30, $1)",
      [eventTypeId],
    );
    await client.query(
      `insert into gateway.appointment (company_id, appointment_id, service_id, starts_at, ends_at, state, calcom_event_type_id, operation_id, sync_state, source, attendee)
       values ('salon', 'apt-1', 'cut', $1, $2, 'provisional', $3, 'op-1', 'pending', 'retell', '{"name": "Erika", "phone": "+4930123456"}')`,
      [new Date(soon), new Date(soon + 1_800_000), eventTypeId],
    );
  });
});
afterAll(async () => {
  await calcom.close();
  await ground.clear();
});

const sync = (...argv: string[]): ReturnType<CommandGround["run"]> =>
  ground.run("calcom:emergency-sync", calcomEmergencySync, ["--next-hours=120", ...argv], gateway);
const conflicts = (...argv: string[]): ReturnType<CommandGround["run"]> => ground.run("booking:conflicts", bookingConflicts, argv, gateway);

test("a rehearsal shows the difference and changes nothing on either side", async () => {
  calcom.bookElsewhere({ eventTypeId, startAt: soon + 3_600_000 });
  const outcome = await sync("--dry-run");
  expect(outcome).toMatchObject({
    exitCode: 0,
    document: { isDryRun: true, diff: { toCalcom: [{ what: "create", subject: "apt-1" }], fromCalcom: [{ what: "new" }] } },
  });
  expect(outcome.text).toContain("1 zu Cal.com, 1 von Cal.com, 0 fehlen dort");
  expect(outcome.text).not.toContain("+4930");
  expect(calcom.state.bookings.size).toBe(1);
});

test("both sides are brought together and looked at again; a second run finds nothing to do", async () => {
  calcom.bookElsewhere({ eventTypeId, startAt: soon + 3_600_000 });
  expect(await sync()).toMatchObject({ exitCode: 0, document: { isInStep: true, pushed: { agreed: 1 }, applied: { created: 1 } } });
  expect(calcom.state.bookings.size).toBe(2);
  expect(await sync()).toMatchObject({ exitCode: 0, document: { diff: { toCalcom: [], fromCalcom: [] }, pushed: { agreed: 0 } } });
});

test("a slot that is gone is a conflict: listed, settled once, with a reason and a name", async () => {
  calcom.bookElsewhere({ eventTypeId, startAt: soon });
  const synced = await sync();
  expect(synced.text).toContain("zugesagt, aber bei Cal.com vergeben");
  const { document } = await conflicts();
  const conflictId = (document as { conflicts: { conflictId: string }[] }).conflicts[0]?.conflictId ?? "";
  await expect(conflicts("--resolve", conflictId)).rejects.toMatchObject({ code: "usage" });
  expect((await conflicts("--resolve", conflictId, "--reason", "x", "--dry-run")).document).toMatchObject({ isDryRun: true });
  expect(await conflicts("--resolve", conflictId, "--reason", "Kundin angerufen")).toMatchObject({ exitCode: 0, document: { by: "mara" } });
  await expect(conflicts("--resolve", conflictId, "--reason", "noch einmal")).rejects.toMatchObject({ code: "not-found" });
  expect((await conflicts()).text).toContain("Kein Termin wartet");
});

test("while Cal.com does not answer the command says so and does not end well", async () => {
  calcom.faults.set({ kind: "html" });
  const outcome = await sync("--dry-run");
  expect(outcome.exitCode).toBe(3);
  expect(outcome.text).toContain("calcom:main: Cal.com hat nicht geantwortet");
});

test.each(["0", "abc", "9999", "-1"])("--next-hours=%s is refused", async (given) => {
  await expect(ground.run("calcom:emergency-sync", calcomEmergencySync, [`--next-hours=${given}`], gateway)).rejects.toMatchObject({
    code: "usage",
  });
});
