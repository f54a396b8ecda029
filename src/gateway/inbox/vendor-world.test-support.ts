import { join } from "node:path";
import { systemClock } from "../../kernel/clock.ts";
import { startCalcom, type CalcomStandIn } from "../../sandbox/vendors/calcom.ts";
import { startRetell, type RetellStandIn } from "../../sandbox/vendors/retell.ts";
import { openStore, type Store } from "../../store/store.ts";
import { asEveryCompany } from "../companies/tenant.ts";
import { newGround, startTestGateway, testSettings } from "../server/gateway.test-support.ts";
import type { RunningGateway } from "../start.ts";

export const ourNumber = "+4930111111";
export const eventTypeId = 101;

/** A running gateway on a real store, with the sandbox's Retell and Cal.com as its vendors; they sign with `webhookKey`. */
export type VendorWorld = {
  readonly store: Store;
  readonly retell: RetellStandIn;
  readonly calcom: CalcomStandIn;
  readonly running: RunningGateway;
  readonly webhookKey: string;
  /** What lies in the inbox, oldest first, the gateway's own test events left out. */
  inbox(): Promise<{ id: string; event_type: string; status: string; verdict: string; ordering_key: string; last_error: string | null }[]>;
  rows(table: "call" | "appointment"): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
};

/** `keys`: what the gateway verifies with. Without the vendors' key all that they send is quarantined. */
export async function startVendorWorld(keys: "theirs" | "another"): Promise<VendorWorld> {
  const ground = newGround();
  const store = await openStore({ stateFolder: join(ground.folder, "store") });
  const apiKey = "key_of_the_sandbox";
  const webhookKey = "webhooks_of_the_sandbox";
  await asEveryCompany(store.pool, async (client) => {
    await client.query("insert into gateway.company (company_id, name) values ('eins', 'Eins')");
    await client.query("insert into gateway.branch (company_id, branch_id, name) values ('eins', 'mitte', 'Mitte')");
    await client.query("insert into gateway.phone_number (company_id, branch_id, number) values ('eins', 'mitte', $1)", [ourNumber]);
    await client.query(
      "insert into gateway.service (company_id, service_id, branch_id, name, duration_minutes, calcom_event_type_id) values ('eins', 'cut', 'mitte', 'Schnitt', 30, $1)",
      [eventTypeId],
    );
  });
  const retell = await startRetell({
    key: apiKey,
    webhookKey,
    retryWaitsMs: [],
    agents: [{ agent_id: "agent_1" }],
    numbers: [{ phone_number: ourNumber, inbound_agents: [{ agent_id: "agent_1", weight: 1 }] }],
  });
  const calcom = await startCalcom({ key: apiKey, eventTypes: [{ id: eventTypeId }] });
  const key = keys === "theirs" ? webhookKey : "of_nobody";
  const running = await startTestGateway(ground, {
    pool: store.pool,
    settings: testSettings(ground, {
      retell: { keys: { main: ground.keyFile("hook", key) }, baseUrl: retell.url, apiKey: ground.keyFile("api", apiKey) },
      calcom: { secrets: { main: ground.keyFile("hook", key) }, baseUrl: calcom.url, apiKey: ground.keyFile("api", apiKey) },
    }),
  });
  const agent = retell.state.agents.get("agent_1");
  if (agent !== undefined) agent.webhook_url = `http://127.0.0.1:${running.port}/webhooks/retell`;
  calcom.state.webhooks.set(1, {
    id: 1,
    active: true,
    subscriberUrl: `http://127.0.0.1:${running.port}/webhooks/calcom`,
    triggers: ["BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED"],
    secret: webhookKey,
    payloadTemplate: null,
  });
  // The first round of every job is over: none of them meets the first test half way.
  while (running.health().jobs.some(({ lastSuccess, failures }) => lastSuccess === 0 && failures === 0)) await systemClock.sleep(50);
  return {
    store,
    retell,
    calcom,
    running,
    webhookKey,
    inbox: async () =>
      (
        await store.pool.query<Awaited<ReturnType<VendorWorld["inbox"]>>[number]>(
          `select id, event_type, status, verdict, ordering_key, last_error from gateway.inbox_event
           where ordering_key not like 'ampel-%' and event_type <> 'call_inbound' order by id`,
        )
      ).rows,
    rows: async (table) =>
      await asEveryCompany(
        store.pool,
        async (client) => (await client.query<Record<string, unknown>>(`select * from gateway.${table} order by 2`)).rows,
      ),
    close: async () => {
      await running.stop();
      await Promise.all([retell.close(), calcom.close()]);
      await store.close();
      ground.remove();
    },
  };
}
