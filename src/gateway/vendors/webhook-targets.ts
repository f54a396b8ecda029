import { listCalcomWebhooks, setCalcomWebhook } from "../../integrations/calcom-webhooks.ts";
import { getAgent, listPhoneNumbers, setAgentWebhook, updatePhoneNumber } from "../../integrations/retell-api.ts";
import { findIncomingNumber, updateIncomingNumber, type TwilioAccess } from "../../integrations/twilio-api.ts";
import { Failure } from "../../kernel/failure.ts";
import { message } from "../../kernel/message.ts";
import type { Vendor } from "./vendor.ts";
import type { WebhookTarget } from "./plan-fallback.ts";
import type { VendorKey } from "./vendor-access.ts";

/** The places of one vendor, behind its interface. */
export type WebhookTargets = {
  readonly vendor: Vendor;
  list(signal: AbortSignal): Promise<readonly WebhookTarget[]>;
  /** Sets one and returns what it is afterwards, as read back. */
  set(target: WebhookTarget, url: string | undefined, signal: AbortSignal): Promise<string | undefined>;
};

/** @param numbers the telephone numbers we know; Twilio is asked about those */
export function openWebhookTargets(vendor: Vendor, access: VendorKey, numbers: readonly string[]): WebhookTargets {
  switch (vendor) {
    case "retell":
      return retellTargets(access);
    case "calcom":
      return calcomTargets(access);
    case "twilio":
      return twilioTargets(access, numbers);
  }
}

function retellTargets({ baseUrl, key }: VendorKey): WebhookTargets {
  const access = (): { baseUrl: string; key: string } => ({ baseUrl, key: key.reveal() });
  // A number may be bound to a published version; what its callers get is that one, not the draft that can be changed.
  const pinned = new Map<string, Set<number>>();
  return {
    vendor: "retell",
    list: async (signal) => {
      const numbers = await listPhoneNumbers(access(), signal);
      for (const { agent_id: id, agent_version: version } of numbers.flatMap((number) => number.inbound_agents ?? [])) {
        const versions = pinned.get(id) ?? new Set();
        if (typeof version === "number") versions.add(version);
        pinned.set(id, versions);
      }
      const targets: WebhookTarget[] = numbers.map((number) => ({
        vendor: "retell",
        what: "number",
        id: number.phone_number,
        url: orNothing(number.inbound_webhook_url),
      }));
      for (const id of pinned.keys()) {
        const agent = await getAgent(access(), id, signal);
        targets.push({ vendor: "retell", what: "agent", id, url: orNothing(agent?.webhook_url) });
      }
      return targets;
    },
    set: async ({ what, id }, url, signal) => {
      if (what === "number") {
        return orNothing((await updatePhoneNumber(access(), id, { inbound_webhook_url: url ?? null }, signal)).inbound_webhook_url);
      }
      const agent = await setAgentWebhook(access(), id, url ?? null, signal);
      for (const version of pinned.get(id) ?? []) {
        const used = await getAgent(access(), id, signal, version);
        if (orNothing(used?.webhook_url) !== url) {
          throw new Failure("vendor-refused", message("fallback.pinned", { id, version }), message("fallback.pinned-next", { id }));
        }
      }
      return orNothing(agent.webhook_url);
    },
  };
}

function calcomTargets({ baseUrl, key }: VendorKey): WebhookTargets {
  const access = (): { baseUrl: string; key: string } => ({ baseUrl, key: key.reveal() });
  return {
    vendor: "calcom",
    list: async (signal) =>
      (await listCalcomWebhooks(access(), signal)).map(({ id, subscriberUrl }) => ({
        vendor: "calcom",
        what: "webhook",
        id: String(id),
        url: orNothing(subscriberUrl),
      })),
    set: async ({ id }, url, signal) => orNothing((await setCalcomWebhook(access(), id, url ?? "", signal)).subscriberUrl),
  };
}

function twilioTargets({ baseUrl, key, account = "" }: VendorKey, numbers: readonly string[]): WebhookTargets {
  const access: TwilioAccess = { baseUrl, accountSid: account, token: key };
  return {
    vendor: "twilio",
    list: async (signal) => {
      const found = await Promise.all(numbers.map((number) => findIncomingNumber(access, number, signal)));
      return found.flatMap((number): WebhookTarget[] => {
        if (number === undefined) return [];
        const { phone_number: id, voice_url: first, voice_fallback_url: url } = number;
        return [{ vendor: "twilio", what: "voice-fallback", id, url: orNothing(url), firstUrl: orNothing(first) }];
      });
    },
    set: async ({ id }, url, signal) => {
      const number = await findIncomingNumber(access, id, signal);
      if (number === undefined) throw new Failure("not-found", message("fallback.number-gone", { id }), message("fallback.partly-next"));
      return orNothing((await updateIncomingNumber(access, number, { voiceFallbackUrl: url ?? "" }, signal)).voice_fallback_url);
    },
  };
}

function orNothing(url: string | null | undefined): string | undefined {
  return url === null || url === "" ? undefined : url;
}
