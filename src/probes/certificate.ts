import { isIP } from "node:net";
import { z } from "zod";
import { NetworkFault } from "../integrations/http-client-fault.ts";
import { openSocket, startTls } from "../integrations/tls-connect.ts";
import { decideCertificate } from "./certificate-decision.ts";
import { lookupTimeoutMs, observeFault } from "./network-fault.ts";
import { defineProbe } from "./probe.ts";

export const fingerprintSchema = z.string().regex(/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i, { error: "fingerprint" });

const schema = z
  .strictObject({
    address: z.string().min(1).describe("Name or address of the server"),
    port: z.int().min(1).max(65_535).default(443).describe("TCP port"),
    servername: z
      .string()
      .min(1)
      .optional()
      .describe("Name to ask for where it differs from the address, as on a backup host before a failover"),
    warnDays: z
      .number()
      .min(0)
      .optional()
      .describe("Fewer days left are a warning; default 14, or a third of its life for short-lived ones"),
    criticalDays: z.number().min(0).default(3).describe("Fewer days left are as bad as none"),
    ca: z.string().min(1).optional().describe("File with an authority of your own (PEM)"),
    fingerprint: fingerprintSchema.optional().describe("SHA-256 of the very certificate that is expected"),
  })
  .describe("The certificate a server shows: in date, vouched for, for the right name");

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
