import { dnsProbe } from "../src/probes/dns.ts";
import { startDnsServer } from "./dns-server.ts";
import { lookOnce } from "./network-look.ts";

// Runs in a network namespace of its own, where this server on port 53 is both the resolver and the zone's own server.
const server = await startDnsServer(({ name, type }) => {
  const zone = name.split(".").slice(-2).join(".");
  const soa = { authority: [{ name: zone, type: "SOA", ttl: 60, value: `ns1.${zone} 1` }] } as const;
  const servers = zone === "example.net" ? ["ns1.example.net", "ns2.example.net"] : ["ns1.example.org"];
  if (type === "NS" && name === zone) return { answers: servers.map((value) => ({ name, type, ttl: 60, value })) };
  if (name.startsWith("ns2.")) return { rcode: 3, ...soa };
  if (type === "A" && name.startsWith("ns1.")) return { answers: [{ name, type, ttl: 60, value: "127.0.0.1" }] };
  if (type === "A" && name.startsWith("www.")) return { answers: [{ name, type, ttl: 60, value: "203.0.113.7" }] };
  return soa;
}, 53);
const specs = [{ name: "www.example.org" }, { name: "www.example.net" }, { name: "www.example.org", expect: ["203.0.113.9"] }];
const seen = await Promise.all(specs.map(async (spec) => await lookOnce(dnsProbe, spec)));
process.stdout.write(JSON.stringify(seen.map(({ state, text }) => `${state}: ${text}`)));
await server.stop();
