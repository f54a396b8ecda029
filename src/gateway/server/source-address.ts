import { isIP } from "node:net";

/**
 * Who sent a request. `X-Forwarded-For` counts only when the connection comes from a proxy of ours: from there backwards, the
 * first address that is none of ours. Anybody can write that header.
 */
export function sourceAddress(peer: string | undefined, forwardedFor: string | undefined, trustedProxies: ReadonlySet<string>): string {
  const direct = plainAddress(peer ?? "");
  if (!trustedProxies.has(direct) || forwardedFor === undefined) return direct;
  const hops = forwardedFor
    .split(",")
    .map((hop) => plainAddress(hop.trim()))
    .filter((hop) => isIP(hop) !== 0);
  return hops.findLast((hop) => !trustedProxies.has(hop)) ?? direct;
}

/** An IPv4 address that came in over an IPv6 socket is the same address. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}
