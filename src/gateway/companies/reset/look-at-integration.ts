import type { Pool } from "pg";
import { asCompany } from "../tenant.ts";
import type { IntegrationVendors } from "./integration-vendors.ts";
import type { SeenIntegration, WantedIntegration } from "./plan-reset.ts";

/** `name` is shown before anything is done: whoever typed the wrong id must see it. */
export type CompanyIntegration = {
  readonly name: string;
  readonly retellKey: string | undefined;
  readonly calcomKey: string | undefined;
  readonly wanted: WantedIntegration;
};

type NumberRow = { number: string; agent_id: string | null; agent_version: number | null };
type AgentRow = { agent_id: string; version: number | null; webhook_url: string | null };
type ServiceRow = { service_id: string; duration_minutes: number; calcom_event_type_id: string | null };
type CompanyRow = { name: string; retell_key: string | null; calcom_key: string | null };

/** What our database says; `defaultWebhookUrl` is for agents that have none written down. `undefined`: no such company. */
export async function readWanted(pool: Pool, companyId: string, defaultWebhookUrl?: string): Promise<CompanyIntegration | undefined> {
  return await asCompany(pool, companyId, async (client) => {
    const { rows: companies } = await client.query<CompanyRow>(
      "select name, retell_key, calcom_key from gateway.company where company_id = $1",
      [companyId],
    );
    const [company] = companies;
    if (company === undefined) return undefined;
    const { rows: numbers } = await client.query<NumberRow>(
      "select number, agent_id, agent_version from gateway.phone_number where company_id = $1 and is_active order by number",
      [companyId],
    );
    const { rows: agents } = await client.query<AgentRow>(
      "select agent_id, version, webhook_url from gateway.agent where company_id = $1 order by agent_id",
      [companyId],
    );
    const { rows: services } = await client.query<ServiceRow>(
      "select service_id, duration_minutes, calcom_event_type_id from gateway.service where company_id = $1 and is_active order by service_id",
      [companyId],
    );
    const pinned = new Map(numbers.map(({ agent_id, agent_version }) => [agent_id, agent_version ?? undefined]));
    return {
      name: company.name,
      retellKey: company.retell_key ?? undefined,
      calcomKey: company.calcom_key ?? undefined,
      wanted: {
        numbers: numbers.map(({ number, agent_id, agent_version }) => ({
          number,
          agentId: agent_id ?? undefined,
          agentVersion: agent_version ?? undefined,
        })),
        agents: agents.map(({ agent_id, version, webhook_url }) => ({
          agentId: agent_id,
          version: pinned.get(agent_id) ?? version ?? undefined,
          webhookUrl: webhook_url ?? defaultWebhookUrl,
        })),
        services: services.map(({ service_id, duration_minutes, calcom_event_type_id }) => ({
          serviceId: service_id,
          minutes: duration_minutes,
          eventTypeId: calcom_event_type_id === null ? undefined : Number(calcom_event_type_id),
        })),
      },
    };
  });
}

/** What the vendors have of it, one question after the other. @throws when one does not answer: half a picture is none */
export async function lookAtVendors(wanted: WantedIntegration, vendors: IntegrationVendors, signal: AbortSignal): Promise<SeenIntegration> {
  const numbers: [string, Awaited<ReturnType<IntegrationVendors["boundAgents"]>>][] = [];
  for (const { number } of wanted.numbers) numbers.push([number, await vendors.boundAgents(number, signal)]);
  const agents: [string, Awaited<ReturnType<IntegrationVendors["agent"]>>][] = [];
  for (const { agentId, version } of wanted.agents) agents.push([agentId, await vendors.agent(agentId, version, signal)]);
  const eventTypes: [number, Awaited<ReturnType<IntegrationVendors["eventTypeMinutes"]>>][] = [];
  for (const eventTypeId of new Set(wanted.services.flatMap((service) => service.eventTypeId ?? []))) {
    eventTypes.push([eventTypeId, await vendors.eventTypeMinutes(eventTypeId, signal)]);
  }
  return { numbers: new Map(numbers), agents: new Map(agents), eventTypes: new Map(eventTypes) };
}
