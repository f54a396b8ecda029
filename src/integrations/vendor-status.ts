import { z } from "zod";
import { exchange } from "./http-client.ts";
import { NetworkFault } from "./http-client-fault.ts";
import { parseJson } from "./vendor-call.ts";

/** What a vendor says about itself: a hint, never a verdict. `troubles` is empty when all is said to be well. */
export type StatusHint = { readonly troubles: readonly string[] };

// What Atlassian Statuspage and openstatus summaries have in common; the rest differs by page.
const summarySchema = z.object({
  status: z.object({ indicator: z.string().optional(), description: z.string().optional() }).optional(),
  components: z.array(z.object({ name: z.string(), status: z.string(), group: z.boolean().optional() })).optional(),
  incidents: z.array(z.object({ name: z.string(), status: z.string().optional() })).optional(),
});

const maxTroubles = 4;
const wellWords = new Set(["operational", "none"]);

/** Reads a public status page without any key; `undefined` when it says nothing usable. */
export async function readVendorStatus(url: string, signal: AbortSignal): Promise<StatusHint | undefined> {
  try {
    const answer = await exchange({ url: new URL(url), headers: { accept: "application/json" }, maxBodyBytes: 1024 * 1024 }, signal);
    return answer.status === 200 ? parseVendorStatus(parseJson(answer.body)) : undefined;
  } catch (error) {
    if (error instanceof NetworkFault) return undefined;
    throw error;
  }
}

/** The components that are not well, calls and interface first, then open incidents. */
export function parseVendorStatus(json: unknown): StatusHint | undefined {
  const parsed = summarySchema.safeParse(json);
  if (!parsed.success) return undefined;
  const { status, components = [], incidents = [] } = parsed.data;
  if (status === undefined && parsed.data.components === undefined) return undefined;
  const sick = components
    .filter((component) => component.group !== true && !wellWords.has(component.status))
    .toSorted((left, right) => rank(left.name) - rank(right.name))
    .map((component) => `${component.name} ${component.status.replaceAll("_", " ")}`);
  const open = incidents
    .filter((incident) => incident.status !== "resolved" && incident.status !== "postmortem")
    .map((incident) => incident.name);
  const overall = status?.indicator !== undefined && !wellWords.has(status.indicator) ? [status.description ?? status.indicator] : [];
  const troubles = sick.length + open.length > 0 ? [...sick, ...open] : overall;
  // A stranger's text: bounded and on one line.
  return { troubles: troubles.slice(0, maxTroubles).map((text) => text.replace(/\s+/g, " ").slice(0, 120)) };
}

function rank(name: string): number {
  return /phone call/i.test(name) ? 0 : /\bAPI\b/i.test(name) ? 1 : 2;
}
