import type { ProbeKind } from "./probe.ts";
import { certificateProbe } from "./certificate.ts";
import { dnsProbe } from "./dns.ts";
import { heartbeatProbe } from "./heartbeat.ts";
import { httpProbe } from "./http.ts";
import { vendorProbe } from "./vendor.ts";
import { tcpProbe } from "./tcp.ts";

/** Every kind of check; adding one means a file, its test, and a line here. */
export const probeKinds = [certificateProbe, dnsProbe, heartbeatProbe, httpProbe, vendorProbe, tcpProbe] as const;

export function findProbeKind(kind: string): ProbeKind | undefined {
  return (probeKinds as readonly ProbeKind[]).find((candidate) => candidate.kind === kind);
}
