import type { Pool } from "pg";
import type { GatewaySettings } from "../../../config/gateway-schema.ts";
import { openCalcomApi } from "../../../integrations/calcom-api.ts";
import { calcomBaseUrl } from "../../../integrations/calcom.ts";
import { CalcomFault } from "../../../integrations/calcom-fault.ts";
import { sendToCalcom } from "../../../integrations/calcom-send.ts";
import { getAgent, getPhoneNumber, setAgentWebhook, updatePhoneNumber } from "../../../integrations/retell-api.ts";
import { retellBaseUrl } from "../../../integrations/retell.ts";
import { RetellFault } from "../../../integrations/retell-fault.ts";
import type { VendorAccess } from "../../../integrations/vendor-call.ts";
import { seconds, type Clock } from "../../../kernel/clock.ts";
import { Failure } from "../../../kernel/failure.ts";
import { message } from "../../../kernel/message.ts";
import { Secret } from "../../../kernel/secret.ts";
import { openEgress } from "../../vendors/open-egress.ts";
import { vendorAccess } from "../../vendors/vendor-access.ts";

export type BoundAgent = { readonly agentId: string; readonly agentVersion?: number | string; readonly weight: number };
/** `isPublished`: Retell changes only drafts; what runs must be published by a person. */
export type AgentAtVendor = { readonly webhookUrl: string | null; readonly isPublished: boolean };

/** What a company's integration is made of at its vendors. `undefined`: the vendor has no such thing. Every call may throw a {Failure}. */
export type IntegrationVendors = {
  boundAgents(number: string, signal: AbortSignal): Promise<readonly BoundAgent[] | undefined>;
  /** Reads back before it returns. */
  bindAgents(number: string, agents: readonly BoundAgent[], signal: AbortSignal): Promise<void>;
  agent(agentId: string, version: number | undefined, signal: AbortSignal): Promise<AgentAtVendor | undefined>;
  /** Reads back before it returns. */
  setWebhook(agentId: string, url: string | null, signal: AbortSignal): Promise<void>;
  /** Lengths in minutes that can be booked. */
  eventTypeMinutes(eventTypeId: number, signal: AbortSignal): Promise<readonly number[] | undefined>;
  close(): Promise<void>;
};

const callLimitMs = seconds(10);
const longestWaitMs = seconds(60);

/** The real ones, with the company's own keys where it has some, else the common ones. */
export function openIntegrationVendors(given: {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly settings: GatewaySettings;
  readonly companyId: string;
  readonly keys: { readonly retellKey?: string | undefined; readonly calcomKey?: string | undefined };
}): IntegrationVendors {
  const { pool, clock, settings, companyId, keys } = given;
  const retell = (): VendorAccess => {
    const common = vendorAccess(settings, "retell");
    const key = keys.retellKey === undefined ? common?.key : new Secret(keys.retellKey);
    if (key === undefined) throw noKey("retell");
    return { baseUrl: settings.retell.baseUrl ?? retellBaseUrl, key: key.reveal() };
  };
  const limited = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(callLimitMs)]);
  // Every call to Cal.com counts, whoever makes it: the predecessor's account was suspended for the calls nobody counted.
  const egress = openEgress({ pool, clock, limits: { calcom: settings.calcom.requestsPerMinute } });
  const calcom = openCalcomApi(async (request, signal) => {
    const common = vendorAccess(settings, "calcom");
    const key = keys.calcomKey === undefined ? common?.key : new Secret(keys.calcomKey);
    if (key === undefined) throw noKey("calcom");
    await egress.take(key.reference === common?.key.reference ? "calcom:main" : `calcom:${companyId}`, { waitMs: longestWaitMs, signal });
    return await sendToCalcom({ baseUrl: settings.calcom.baseUrl ?? calcomBaseUrl, key: () => key.reveal() })(request, signal);
  });
  return {
    boundAgents: async (number, signal) => {
      const found = await orNothing(getPhoneNumber(retell(), number, limited(signal)));
      if (found === undefined) return undefined;
      return (found.inbound_agents ?? []).map(({ agent_id, agent_version, weight = 1 }) =>
        agent_version === null || agent_version === undefined
          ? { agentId: agent_id, weight }
          : { agentId: agent_id, agentVersion: agent_version, weight },
      );
    },
    bindAgents: async (number, agents, signal) => {
      const inbound = agents.map(({ agentId, agentVersion, weight }) => ({
        agent_id: agentId,
        ...(agentVersion === undefined ? {} : { agent_version: agentVersion }),
        weight,
      }));
      await updatePhoneNumber(retell(), number, { inbound_agents: inbound }, limited(signal));
    },
    agent: async (agentId, version, signal) => {
      const found = await orNothing(getAgent(retell(), agentId, limited(signal), version));
      return found === undefined ? undefined : { webhookUrl: found.webhook_url ?? null, isPublished: found.is_published ?? false };
    },
    setWebhook: async (agentId, url, signal) => {
      await setAgentWebhook(retell(), agentId, url, limited(signal));
    },
    eventTypeMinutes: async (eventTypeId, signal) => {
      try {
        return (await calcom.getEventType(eventTypeId, signal)).durations;
      } catch (error) {
        if (error instanceof CalcomFault && error.kind === "not-found") return undefined;
        throw error;
      }
    },
    close: () => egress.close(),
  };
}

/** Asked for one thing by its id, Retell answers 422 as well as 404 when it has none. */
async function orNothing<Value>(asked: Promise<Value | undefined>): Promise<Value | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof RetellFault && error.httpStatus === 422) return undefined;
    throw error;
  }
}

function noKey(vendor: "retell" | "calcom"): Failure {
  return new Failure("secret-missing", message("companies.no-vendor-key", { vendor }), message("companies.no-vendor-key-next", { vendor }));
}
