import { isIP } from "node:net";
import { z } from "zod";
import { NetworkFault } from "../integrations/http-client-fault.ts";
import { openSocket, startTls } from "../integrations/tls-connect.ts";
import { decideCertificate } from "./certificate-decision.ts";
import { lookupTimeoutMs, observeFault } from "./network-fault.ts";
import { defineProbe } from "./probe.ts";

export const fingerprintSchema = z.string().regex(/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i, { error: "fingerprint" });

const schema = z.strictObject({
  address: z.string().min(1),
  port: z.int().min(1).max(65_535).default(443),
  /** The name to ask for where it differs from the address, as on a backup host before a failover. */
  servername: z.string().min(1).optional(),
  warnDays: z.number().min(0).optional(),
  criticalDays: z.number().min(0).default(3),
  ca: z.string().min(1).optional(),
  fingerprint: fingerprintSchema.optional(),
});

/** Is the certificate a server shows in date, vouched for, and for the right name? Measures `certificateDaysLeft`. */
export const certificateProbe = defineProbe({
  kind: "certificate",
  schema,
  async look(spec, { signal, clock, deadlineMs }) {
    const host = spec.servername ?? spec.address;
    const target = `${isIP(host) === 6 ? `[${host}]` : host}:${spec.port}`;
    try {
      const opened = await openSocket({ host: spec.address, port: spec.port, lookupTimeoutMs: lookupTimeoutMs(deadlineMs) }, signal);
      try {
        const { certificate } = await startTls(opened.socket, host, { caFile: spec.ca, fingerprint256: spec.fingerprint }, signal);
        return decideCertificate(certificate, spec, target, clock.now());
      } finally {
        opened.socket.destroy();
      }
    } catch (error) {
      if (error instanceof NetworkFault) return observeFault(error, target, "unreachable");
      throw error;
    }
  },
});
