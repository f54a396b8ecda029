import { isIP } from "node:net";
import { z } from "zod";
import { askServer, findAuthoritativeServers, nameServer, type DnsServer } from "../integrations/dns-query.ts";
import { encodeName, recordTypes, type RecordType } from "../integrations/dns-wire.ts";
import { NetworkFault } from "../integrations/http-client-fault.ts";
import { decideDns, type ServerAnswer } from "./dns-decision.ts";
import { observeFault, verdictDueMs } from "./network-fault.ts";
import { defineProbe } from "./probe.ts";

const nameSchema = z
  .string()
  .regex(/^[\w*-]+(\.[\w-]+)*\.?$/, { error: "domain" })
  .refine((name) => isEncodable(name), { error: "domain" });

const serverSchema = z.string().refine((text) => parseServer(text) !== undefined, { error: "server" });

const schema = z
  .strictObject({
    name: nameSchema.describe("Name to ask for"),
    type: z
      .enum(Object.keys(recordTypes) as [RecordType, ...RecordType[]])
      .default("A")
      .describe("Type of record"),
    expect: z.array(z.string().min(1)).min(1).optional().describe("All values and no others, in any order"),
    servers: z.array(serverSchema).min(1).optional().describe("address:port; default every authoritative server, found by itself"),
    maxTtl: z.int().min(0).optional().describe("Seconds an answer may be kept: a longer one makes a failover slow"),
  })
  .describe("A name, asked at every authoritative server: all answer, and all the same");

/** Does every authoritative server give the same, right answer? Measures `servers`, `serversAnswering`, `ttlSeconds`. */
export const dnsProbe = defineProbe({
  kind: "dns",
  schema,
  async look(spec, { signal, deadlineMs }) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(verdictDueMs(deadlineMs))]);
    try {
      const servers = spec.servers?.flatMap((text) => parseServer(text) ?? []) ?? (await findAuthoritativeServers(spec.name, limit));
      return decideDns(await Promise.all(servers.map((server) => askBoth(server, spec.name, spec.type, limit, signal))), spec);
    } catch (error) {
      if (error instanceof NetworkFault) return observeFault(error, spec.name, "dns-wrong");
      // Only our own resolver can have been silent here; each authoritative server is caught for itself.
      if (limit.aborted && !signal.aborted) return observeFault(new NetworkFault("lookup", "TIMEOUT", spec.name), spec.name, "dns-wrong");
      throw error;
    }
  },
});

async function askBoth(server: DnsServer, name: string, type: RecordType, limit: AbortSignal, signal: AbortSignal): Promise<ServerAnswer> {
  const shown = nameServer(server);
  try {
    const [answer, soa] = await Promise.all([askServer(server, name, type, limit), askServer(server, name, "SOA", limit)]);
    // For a name below the top of its zone the SOA comes as authority of an empty answer.
    const serial = [...soa.answers, ...soa.authority].find((record) => record.type === "SOA")?.serial;
    return { server: shown, answer, serial };
  } catch (error) {
    if (error instanceof NetworkFault) return { server: shown, fault: error };
    if (limit.aborted && !signal.aborted) return { server: shown, fault: new NetworkFault("answer", "TIMEOUT", shown) };
    throw error;
  }
}

function parseServer(text: string): DnsServer | undefined {
  const [, bracketed, plain, port = "53"] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? "";
  const isPortRight = Number(port) > 0 && Number(port) < 65_536;
  return isIP(address) !== 0 && isPortRight ? { name: address, address, port: Number(port) } : undefined;
}

function isEncodable(name: string): boolean {
  try {
    return encodeName(name).length > 1;
  } catch {
    return false;
  }
}
