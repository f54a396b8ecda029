import { parse, stringify } from "yaml";
import { agentOf, eventTypeOf, numberOf, seedCompanyList, seedYaml } from "../../src/sandbox/seed-companies.ts";
import { startCalcom, type CalcomStandIn } from "../../src/sandbox/vendors/calcom.ts";
import { startRetell, type RetellStandIn } from "../../src/sandbox/vendors/retell.ts";
import { seededCalcom, seededRetell } from "../../src/sandbox/vendors/seeded.ts";
import { startTwilio, type TwilioStandIn } from "../../src/sandbox/vendors/twilio.ts";

/** The three vendors as real HTTP servers that know the companies of the story and send to its gateway. */
export type GatewayVendors = {
  readonly retell: RetellStandIn;
  readonly calcom: CalcomStandIn;
  readonly twilio: TwilioStandIn;
  close(): Promise<void>;
};

/** Keys as the vendors gave them to us; the gateway reads them from files. */
export const vendorKeys = { retell: "key_story", calcom: "cal_live_story", calcomSecret: "secret_story", twilio: "token_story" } as const;

const told = ["salon-linde", "physio-nord"];
const indexOf = (companyId: string): number => seedCompanyList.findIndex(({ id }) => id === companyId);
const companyOf = (companyId: string) => {
  const company = seedCompanyList[indexOf(companyId)];
  if (company === undefined) throw new Error(`no company ${companyId}`);
  return company;
};

/** What a story says of a company: where it is called, who answers, what it offers. */
export function knownAs(companyId: string) {
  const company = companyOf(companyId);
  const [service = "", minutes = 30] = company.services[0] ?? [];
  return { number: numberOf(company, 0), agentId: agentOf(company), service, minutes, eventTypeId: eventTypeOf(indexOf(companyId), 0) };
}

/** Two of the sandbox's companies for `company:import`, open at all hours: a story is told at any time of day. */
export function storyCompanies(): string {
  type Entries = Record<string, object>;
  const { companies } = parse(seedYaml("")) as { companies: Record<string, { branches: Entries; agents: Entries }> };
  const each = (entries: Entries = {}, fields: object): Entries =>
    Object.fromEntries(Object.entries(entries).map(([id, known]) => [id, { ...known, ...fields }]));
  const open = (id: string): object => {
    const company = companies[id];
    // Without an address of its own an agent's events belong to this gateway; the file takes https only.
    const agents = each(company?.agents, { webhookUrl: undefined });
    return { ...company, agents, branches: each(company?.branches, { openingHours: "mo-so 00:00-24:00" }) };
  };
  return stringify(
    { companies: Object.fromEntries(told.map((id) => [id, open(id)])) },
    { defaultStringType: "PLAIN", defaultKeyType: "PLAIN", keepUndefined: false },
  );
}

export async function startVendors(publicUrl: string): Promise<GatewayVendors> {
  const numbers = new Set(told.flatMap((id) => companyOf(id).branches.map((_, branch) => numberOf(companyOf(id), branch))));
  const seeded = { retell: seededRetell(), calcom: seededCalcom() };
  const webhookUrl = `${publicUrl}/webhooks/retell`;
  const retell = await startRetell({
    key: vendorKeys.retell,
    webhookUrl,
    functionUrl: `${publicUrl}/retell/functions/{{name}}`,
    agents: (seeded.retell.agents ?? []).map((agent) => ({ ...agent, webhook_url: webhookUrl })),
    numbers: (seeded.retell.numbers ?? [])
      .filter(({ phone_number }) => numbers.has(phone_number))
      .map((number) => ({ ...number, inbound_webhook_url: `${publicUrl}/retell/inbound` })),
    retryWaitsMs: [100],
  });
  const calcom = await startCalcom({
    key: vendorKeys.calcom,
    ...seeded.calcom,
    schedules: (seeded.calcom.schedules ?? []).map((schedule) => ({
      ...schedule,
      hours: [{ days: [1, 2, 3, 4, 5, 6, 7], from: "08:00", until: "20:00" }],
    })),
    // The probes and the gateway look every second: at the vendor's 120 a minute a story would end in a lock.
    requestsPerMinute: 12_000,
  });
  calcom.state.webhooks.set(1, {
    id: 1,
    subscriberUrl: `${publicUrl}/webhooks/calcom`,
    triggers: ["BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED"],
    active: true,
    secret: vendorKeys.calcomSecret,
    payloadTemplate: null,
  });
  const twilio = await startTwilio({
    authToken: vendorKeys.twilio,
    numbers: [...numbers].map((phoneNumber) => ({
      phoneNumber,
      voiceUrl: `${publicUrl}/twilio/voice`,
      voiceFallbackUrl: `${publicUrl}/twilio/fallback`,
    })),
    // The carrier's line to Retell.
    connect: async ({ address }, { from, sid }) => {
      const to = /^sip:(\+\d+)@/.exec(address)?.[1] ?? "";
      const { outcome, heard } = await retell.simulateCall({ from, to, twilioCallSid: sid, script: [{ agent: "Guten Tag." }] });
      return outcome === "talked" ? { status: "completed", heard } : { status: "failed" };
    },
  });
  return {
    retell,
    calcom,
    twilio,
    close: async () => {
      await Promise.all([retell.close(), calcom.close(), twilio.close()]);
    },
  };
}
