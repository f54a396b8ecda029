import { z } from "zod";
import { toServiceAddress } from "../integrations/service-control.ts";
import type { ServiceAddress } from "../integrations/service-control-contract.ts";
import { durationSchema } from "../kernel/duration.ts";
import { serviceProbe } from "../probes/service.ts";
import type { ProbeKind } from "../probes/probe.ts";
import { localHost, referenceSchema, watchFields, type Watch } from "./fields.ts";
import { extendKind, sectionOf, toWatch } from "./watch-schema.ts";

/** How a playbook proves that a restarted service serves again, from the service's own host. */
export type Readiness =
  | { readonly by: "tcp"; readonly address: string; readonly port: number; readonly timeoutMs: number }
  | { readonly by: "http"; readonly url: string; readonly timeoutMs: number }
  | { readonly by: "command"; readonly argv: readonly string[]; readonly timeoutMs: number };

export type ServiceEntry = {
  readonly host: string;
  readonly address: ServiceAddress;
  readonly dependsOn: readonly string[];
  /** Restarted last, and never by force. */
  readonly isDatabase: boolean;
  readonly ready?: Readiness;
  readonly restart: {
    readonly isAllowed: boolean;
    /** Of this service alone, instead of the limit under `automation`. */ readonly limitIn15Minutes?: number;
  };
  /** The service takes up a new configuration by reload, without dropping requests. */
  readonly canReload: boolean;
  readonly watch: Watch;
};

const readySchema = z
  .strictObject({
    tcp: z
      .string()
      .regex(/^(\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i, { error: "port" })
      .optional()
      .describe("address:port that must accept a connection"),
    http: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("Address that must answer with a status below 400"),
    command: z.array(z.string().min(1)).min(1).optional().describe("Program and arguments that must end with 0"),
    within: durationSchema.optional().describe("How long to wait; default 20s"),
  })
  .refine(({ tcp, http, command }) => [tcp, http, command].filter((one) => one !== undefined).length === 1, { error: "ready-one" })
  .transform(({ tcp, http, command, within: timeoutMs = 20_000 }): Readiness => {
    if (http !== undefined) return { by: "http", url: http, timeoutMs };
    if (command !== undefined) return { by: "command", argv: command, timeoutMs };
    const [, address = "", port = "0"] = /^(.*):(\d+)$/.exec(tcp ?? "") ?? [];
    return { by: "tcp", address: address.replace(/^\[|\]$/g, ""), port: Number(port), timeoutMs };
  });

type GivenService = z.infer<typeof serviceProbe.schema> & {
  host?: string;
  dependsOn?: string[];
  isDatabase?: boolean;
  ready?: Readiness;
  restart?: { allow?: boolean; limitIn15Minutes?: number };
  reload?: boolean;
};

const kind: ProbeKind = serviceProbe;

export const servicesSection = sectionOf<ServiceEntry>(
  extendKind(kind, {
    host: referenceSchema.optional().describe("Name of a host; default local"),
    ...watchFields,
    isDatabase: z.boolean().optional().describe("Restarted last, never by force, never when the disk is full"),
    ready: readySchema.optional().describe("Proof that it serves, beside the manager's word"),
    restart: z
      .strictObject({
        allow: z.boolean().optional().describe("May a playbook restart it? Default true"),
        limitIn15Minutes: z
          .int()
          .min(0)
          .max(20)
          .optional()
          .describe("Restarts of this service; default automation.restartsPerServiceIn15Minutes"),
      })
      .optional(),
    reload: z.boolean().optional().describe("True when reload takes up a new configuration without dropping requests"),
  }).transform((given) => toService(given as GivenService)),
  "What a service manager runs: systemd units, supervisor programs, plain processes",
);

function toService(given: GivenService): ServiceEntry {
  const { host = localHost, dependsOn = [], isDatabase = false, ready, restart = {}, reload = false } = given;
  return {
    host,
    address: toServiceAddress(given),
    dependsOn,
    isDatabase,
    ...(ready === undefined ? {} : { ready }),
    restart: {
      isAllowed: restart.allow ?? true,
      ...(restart.limitIn15Minutes === undefined ? {} : { limitIn15Minutes: restart.limitIn15Minutes }),
    },
    canReload: reload,
    watch: toWatch(kind, given),
  };
}
