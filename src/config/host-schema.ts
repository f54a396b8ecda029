import { z } from "zod";
import type { HostAddress } from "../integrations/host.ts";
import { pathSchema, watchFields, type Watch } from "./fields.ts";
import { extendKind, requireKind, sectionOf, toWatch } from "./watch-schema.ts";

/** Checks that every host gets unless they are switched off. */
const builtInKinds = { memory: "memory", load: "load", clock: "clock-offset", cron: "cron" } as const;

export type HostCheck = keyof typeof builtInKinds;

/** `undefined`: switched off. */
export type HostChecks = { readonly disks: readonly Watch[] } & { readonly [Name in HostCheck]?: Watch };

export type HostEntry = { readonly address: HostAddress; readonly checks: HostChecks };

const targetSchema = z
  .string()
  .regex(/^[^\s-]\S*$/, { error: "address" })
  .describe("user@host, a host name, or an alias of your ssh configuration");

type GivenHost = { address?: "local" | undefined; ssh?: string | undefined; sshConfig?: string | undefined } & Record<string, unknown>;

export const hostsSection = sectionOf<HostEntry>(
  z
    .strictObject({
      address: z.literal("local").optional().describe("The machine Ampel runs on"),
      ssh: targetSchema.optional(),
      sshConfig: pathSchema.optional().describe("An ssh configuration file of its own"),
      disks: disksField(),
      ...Object.fromEntries(Object.entries(builtInKinds).map(([name, kind]) => [name, checkField(kind)])),
    })
    .transform(toHost),
  "Machines. `local` is the one Ampel runs on and is always there",
);

/** The host of an entry that names nothing but defaults; also what the implicit `local` is. */
export function toHost(given: GivenHost): HostEntry {
  const { ssh, sshConfig } = given;
  const address: HostAddress =
    ssh === undefined ? { via: "local" } : { via: "ssh", target: ssh, ...(sshConfig === undefined ? {} : { configFile: sshConfig }) };
  const checks = Object.fromEntries(
    Object.entries(builtInKinds).flatMap(([name, kind]) => {
      const entry = given[name] ?? defaultCheck(kind, {});
      return entry === false ? [] : [[name, entry]];
    }),
  );
  const disks = given["disks"] ?? [defaultCheck("disk", { path: "/" })];
  return { address, checks: { ...checks, disks: disks === false ? [] : disks } as HostChecks };
}

/** The built-in check with nothing tuned. */
function defaultCheck(kindName: string, given: Record<string, unknown>): Watch {
  const kind = requireKind(kindName);
  return toWatch(kind, kind.schema.parse(given));
}

function checkField(kindName: string): z.ZodType {
  const tuned = tunedCheck(kindName);
  return z
    .union([z.literal(false), tuned])
    .optional()
    .describe(`Built-in check ${kindName}; false switches it off`);
}

function disksField(): z.ZodType {
  const disk = tunedCheck("disk");
  return z
    .union([z.literal(false), z.array(disk)])
    .optional()
    .describe("File systems to watch; default the one of /; false switches it off");
}

function tunedCheck(kindName: string): z.ZodType<Watch> {
  const kind = requireKind(kindName);
  return extendKind(kind, watchFields).transform((given) => toWatch(kind, given));
}
