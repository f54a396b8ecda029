import { message, say } from "../../kernel/message.ts";
import { getAgent, listPhoneNumbers } from "../../integrations/retell-api.ts";
import type { RetellAgent, RetellNumber } from "../../integrations/retell-shapes.ts";
import { maskedNumber } from "../callbacks/phone.ts";
import type { KnownNumber } from "../companies/directory.ts";
import type { Gateway, GatewayCheck } from "../gateway.ts";
import { inboundPath } from "./call-routes.ts";
import { accountOf, askRetell, retellAccounts, type RetellAccount } from "./retell-door.ts";
import { unknownCheck } from "./unknown-check.ts";

/** What is otherwise at Retell than with us. */
export type Drift =
  | "number-missing"
  | "no-agent"
  | "other-agent"
  | "other-version"
  | "inbound-elsewhere"
  | "agent-missing"
  | "events-elsewhere";

/**
 * P4: every number is bound to the agent and version it should have, and its questions and events come to us. Publishing an
 * agent binds no number (incident 13); all drifted at once is an outage.
 */
export async function checkAgentDrift(gateway: Gateway, signal: AbortSignal): Promise<GatewayCheck[]> {
  const accounts = retellAccounts(gateway);
  if (accounts.length === 0) return [unknownCheck(gateway, "P4", "retell", message("calls.no-retell-key"))];
  const checks: GatewayCheck[] = [];
  for (const account of accounts) checks.push(await checkAccount(gateway, account, signal));
  return checks;
}

async function checkAccount(gateway: Gateway, account: RetellAccount, signal: AbortSignal): Promise<GatewayCheck> {
  const { clock, directory, language, settings } = gateway;
  const ours = directory.numbers().filter(({ isActive, companyId }) => isActive && accountOf(gateway, companyId).name === account.name);
  if (ours.length === 0) return unknownCheck(gateway, "P4", account.name, message("calls.nothing-to-check"));
  try {
    const numbers = await askRetell(gateway, account, listPhoneNumbers, signal);
    const byNumber = new Map(numbers.map((number) => [number.phone_number, number]));
    const agents = new Map<string, RetellAgent | undefined>();
    for (const agentId of new Set(ours.flatMap(({ agentId: id }) => id ?? []))) {
      agents.set(agentId, await askRetell(gateway, account, async (access, inner) => await getAgent(access, agentId, inner), signal));
    }
    const drifts = ours.flatMap((number) =>
      findDrift(number, byNumber.get(number.number), agents, settings.publicUrl).map((drift) => ({
        number: number.number,
        // Numbers are masked on the way to a report: without its company nobody could tell which one is meant.
        place: `${number.companyId} ${maskedNumber(number.number)}`,
        drift,
      })),
    );
    const drifted = new Set(drifts.map(({ number }) => number)).size;
    const state = drifted === 0 ? "ok" : drifted === ours.length ? "down" : "degraded";
    const [first] = drifts;
    return {
      id: "P4",
      subject: account.name,
      state,
      ...(state === "ok" ? {} : { cause: state === "down" ? ("routing-lost" as const) : ("routing-drift" as const) }),
      summary: say(
        message(state === "ok" ? "calls.drift-none" : "calls.drift", {
          count: drifted,
          all: ours.length,
          first: first === undefined ? "" : `${first.place}: ${first.drift}`,
        }),
        language,
      ),
      evidence: {
        numbers: ours.length,
        drifted,
        ...Object.fromEntries(drifts.slice(0, 10).map(({ place, drift }): [string, string] => [place, drift])),
      },
      seenAt: clock.now(),
    };
  } catch (error) {
    signal.throwIfAborted();
    return unknownCheck(gateway, "P4", account.name, message("calls.retell-unasked"), error);
  }
}

/** Pure. An agent without an address of its own uses the account's, which the interface does not show: not counted. */
export function findDrift(
  ours: KnownNumber,
  theirs: RetellNumber | undefined,
  agents: ReadonlyMap<string, RetellAgent | undefined>,
  publicUrl: string,
): readonly Drift[] {
  if (theirs === undefined) return ["number-missing"];
  const bound = theirs.inbound_agents ?? [];
  const drifts: Drift[] = [];
  if (bound.length === 0) drifts.push("no-agent");
  else if (ours.agentId !== undefined && bound.some(({ agent_id }) => agent_id !== ours.agentId)) drifts.push("other-agent");
  else if (
    ours.agentVersion !== undefined &&
    bound.some(({ agent_version }) => Number(agent_version ?? Number.NaN) !== ours.agentVersion)
  ) {
    drifts.push("other-version");
  }
  const inbound = theirs.inbound_webhook_url ?? "";
  if (inbound !== "" && inbound !== publicUrl.replace(/\/+$/, "") + inboundPath) drifts.push("inbound-elsewhere");
  if (ours.agentId === undefined) return drifts;
  const agent = agents.get(ours.agentId);
  if (agent === undefined) return [...drifts, "agent-missing"];
  const events = agent.webhook_url ?? "";
  if (events !== "" && originOf(events) !== originOf(publicUrl)) drifts.push("events-elsewhere");
  return drifts;
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
