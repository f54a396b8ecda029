import type { ProbeKind } from "./probe.ts";
import { tcpProbe } from "./tcp.ts";

/** Every kind of check; adding one means a file, its test, and a line here. */
export const probeKinds = [tcpProbe] as const;

export function findProbeKind(kind: string): ProbeKind | undefined {
  return (probeKinds as readonly ProbeKind[]).find((candidate) => candidate.kind === kind);
}
