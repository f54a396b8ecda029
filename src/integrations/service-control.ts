import { z } from "zod";
import type { Host } from "./host.ts";
import { openProcessControl } from "./plain-process.ts";
import type { ServiceAddress, ServiceControl } from "./service-control-contract.ts";
import { openSupervisorControl } from "./supervisor.ts";
import { openSystemdControl } from "./systemd.ts";

const absolutePath = z.string().regex(/^\//, { error: "absolute-path" });

/** The fields by which ampel.yaml names a service; exactly one of `unit`, `supervisor` and `process` is given. */
export const serviceAddressFields = {
  // A leading dash would be an option.
  unit: z
    .string()
    .regex(/^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*$/, { error: "unit-name" })
    .optional()
    .describe("A systemd unit; nginx means nginx.service"),
  supervisor: z
    .string()
    .regex(/^[\w.][\w.:-]*$/, { error: "program-name" })
    .optional()
    .describe("A supervisor program or group"),
  supervisorConfig: absolutePath.optional().describe("A configuration of supervisor other than the system's"),
  process: z
    .strictObject({
      pidFile: absolutePath.describe("File with the process's number"),
      start: z.array(z.string().min(1)).min(1).describe("Program and arguments that start it"),
      stop: z.array(z.string().min(1)).min(1).optional().describe("Program and arguments that stop it; default SIGTERM"),
      cwd: absolutePath.optional().describe("Folder it is started in"),
      env: z
        .record(z.string().regex(/^[A-Za-z_]\w*$/), z.string())
        .optional()
        .describe("Environment it is started with; no secrets"),
      logFile: absolutePath.optional().describe("File its output goes to"),
    })
    .optional()
    .describe("A process without a manager"),
} as const;

/** systemd.unit(5); `php8.3-fpm` has a dot and no suffix. */
const unitSuffix = /\.(service|socket|target|timer|mount|automount|swap|path|slice|scope|device)$/;

type GivenAddress = z.infer<z.ZodObject<typeof serviceAddressFields>>;

/** True when exactly one manager is named. */
export function namesOneManager(given: GivenAddress): boolean {
  return [given.unit, given.supervisor, given.process].filter((one) => one !== undefined).length === 1;
}

/** The address of fields that passed `namesOneManager`. */
export function toServiceAddress({ unit, supervisor, supervisorConfig, process }: GivenAddress): ServiceAddress {
  if (unit !== undefined) return { manager: "systemd", unit: unitSuffix.test(unit) ? unit : `${unit}.service` };
  if (supervisor !== undefined) {
    return { manager: "supervisor", program: supervisor, ...(supervisorConfig === undefined ? {} : { configFile: supervisorConfig }) };
  }
  const { pidFile = "", start = [], ...rest } = process ?? {};
  return { manager: "process", pidFile, start, ...withoutUndefined(rest) };
}

function withoutUndefined<Fields extends object>(fields: Fields): { [Key in keyof Fields]: Exclude<Fields[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** In ampel.yaml: `{unit: nginx.service}`, `{supervisor: laravel-worker}` or `{process: {pidFile, start, …}}`. */
export const serviceAddressSchema = z
  .strictObject(serviceAddressFields)
  .refine(namesOneManager, { error: "service-address" })
  .transform(toServiceAddress);

export function openServiceControl(host: Host, address: ServiceAddress): ServiceControl {
  switch (address.manager) {
    case "systemd":
      return openSystemdControl(host, address);
    case "supervisor":
      return openSupervisorControl(host, address);
    case "process":
      return openProcessControl(host, address);
  }
}
