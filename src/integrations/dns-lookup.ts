import { lookup, Resolver } from "node:dns/promises";
import { readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { NetworkFault } from "./http-client-fault.ts";

export type Address = { readonly address: string; readonly family: 4 | 6 };

const defaultLimitMs = 3000;
// getaddrinfo blocks one of four threads while it waits; two stay free for the disk.
const systemQueues: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
let nextQueue = 0;
// How long IPv6 may lag behind IPv4 before we go without it (RFC 8305, resolution delay).
const familyDelayMs = 50;
// Answers of a resolver that was reached and knows no such name or type.
const nothingThere = new Set(["ENOTFOUND", "ENODATA"]);

/**
 * The addresses of a name, IPv4 first; an address stands for itself. /etc/hosts counts before DNS.
 * Asks DNS without threads: a hundred lookups that hang must not stop the disk reads of the whole process,
 * which is what getaddrinfo in its pool of four would do. getaddrinfo is asked only where DNS knows nothing.
 * @throws {NetworkFault} stage `lookup`; reason `TIMEOUT` after `limitMs`, which must lie before the look's own deadline:
 * a resolver that hangs is our blindness and must not pass for the silence of the target.
 */
export async function findAddresses(name: string, signal: AbortSignal, limitMs = defaultLimitMs): Promise<readonly Address[]> {
  signal.throwIfAborted();
  const host = name.replace(/^\[(.*)\]$/, "$1");
  const literal = isIP(host);
  if (literal !== 0) return [{ address: host, family: literal as 4 | 6 }];
  const local = addressesInHosts(host);
  if (local.length > 0) return local;

  const resolver = new Resolver({ timeout: 1000, tries: 3 });
  const ended = Promise.withResolvers<never>();
  const abort = (): void => ended.reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  const timer = setTimeout(() => ended.reject(new NetworkFault("lookup", "TIMEOUT", host)), limitMs);
  try {
    return await Promise.race([askAll(host, resolver), ended.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    resolver.cancel();
  }
}

async function askAll(host: string, resolver: Resolver): Promise<readonly Address[]> {
  const four = asked(resolver.resolve4(host), 4);
  const six = asked(resolver.resolve6(host), 6);
  const found = await four;
  if (found.addresses.length > 0) {
    const late = await Promise.race([six, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), familyDelayMs))]);
    return [...found.addresses, ...(late?.addresses ?? [])];
  }
  const other = await six;
  if (other.addresses.length > 0) return other.addresses;
  const code = [found.code, other.code].find((each) => each !== undefined && !nothingThere.has(each));
  if (code !== undefined) throw new NetworkFault("lookup", code, host);
  return await queueForSystem(() => askSystem(host));
}

async function queueForSystem<Value>(ask: () => Promise<Value>): Promise<Value> {
  nextQueue = (nextQueue + 1) % systemQueues.length;
  const asking = (systemQueues[nextQueue] ?? Promise.resolve()).then(ask);
  systemQueues[nextQueue] = asking.catch(() => {}); // the one who asked hears of it
  return await asking;
}

async function asked(answer: Promise<string[]>, family: 4 | 6): Promise<{ addresses: Address[]; code?: string }> {
  try {
    return { addresses: (await answer).map((address) => ({ address, family })) };
  } catch (error) {
    return { addresses: [], code: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

/** Search domains, mDNS and other sources of the system's own name service. */
async function askSystem(host: string): Promise<readonly Address[]> {
  try {
    const all = await lookup(host, { all: true, order: "ipv4first" });
    return all.map(({ address, family }) => ({ address, family: family as 4 | 6 }));
  } catch (error) {
    throw new NetworkFault("lookup", (error as NodeJS.ErrnoException).code ?? String(error), host);
  }
}

let hosts: { readAt: number; byName: ReadonlyMap<string, readonly Address[]> } = { readAt: -1, byName: new Map() };

function addressesInHosts(name: string): readonly Address[] {
  try {
    const changedAt = statSync("/etc/hosts").mtimeMs;
    if (changedAt !== hosts.readAt) hosts = { readAt: changedAt, byName: parseHosts(readFileSync("/etc/hosts", "utf8")) };
  } catch {
    return []; // no such file: DNS alone answers
  }
  return hosts.byName.get(name.toLowerCase()) ?? [];
}

/** Names in lower case to their addresses, IPv4 first; see hosts(5). */
export function parseHosts(text: string): ReadonlyMap<string, readonly Address[]> {
  const byName = new Map<string, Address[]>();
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const name of names) {
      const known = byName.get(name.toLowerCase()) ?? [];
      known.push({ address, family: family as 4 | 6 });
      byName.set(
        name.toLowerCase(),
        known.sort((left, right) => left.family - right.family),
      );
    }
  }
  return byName;
}
