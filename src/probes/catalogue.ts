import type { ProbeKind } from "./probe.ts";
import { backupProbe } from "./backup.ts";
import { clockOffsetProbe } from "./clock-offset.ts";
import { cronProbe } from "./cron.ts";
import { diskProbe } from "./disk.ts";
import { loadProbe } from "./load.ts";
import { logErrorsProbe } from "./log-errors.ts";
import { memoryProbe } from "./memory.ts";
import { releaseProbe } from "./release.ts";
import { serviceProbe } from "./service.ts";
import { certificateProbe } from "./certificate.ts";
import { dnsProbe } from "./dns.ts";
import { heartbeatProbe } from "./heartbeat.ts";
import { hostProbe } from "./host.ts";
import { httpProbe } from "./http.ts";
import { vendorProbe } from "./vendor.ts";
import { playbooksProbe } from "./playbooks.ts";
import { mariadbProbe } from "./mariadb.ts";
import { postgresProbe } from "./postgres.ts";
import { queueProbe } from "./queue.ts";
import { redisProbe } from "./redis.ts";
import { tcpProbe } from "./tcp.ts";
import { gatewayProbe } from "./gateway.ts";

/** Every kind of check; adding one means a file, its test, and a line here. */
export const probeKinds = [
  backupProbe,
  clockOffsetProbe,
  cronProbe,
  diskProbe,
  loadProbe,
  logErrorsProbe,
  memoryProbe,
  releaseProbe,
  serviceProbe,
  certificateProbe,
  dnsProbe,
  heartbeatProbe,
  hostProbe,
  httpProbe,
  vendorProbe,
  tcpProbe,
  mariadbProbe,
  postgresProbe,
  redisProbe,
  queueProbe,
  playbooksProbe,
  gatewayProbe,
] as const;

export function findProbeKind(kind: string): ProbeKind | undefined {
  return (probeKinds as readonly ProbeKind[]).find((candidate) => candidate.kind === kind);
}
