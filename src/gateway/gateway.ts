import type pg from "pg";
import type { GatewaySettings } from "../config/gateway-schema.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Language } from "../kernel/message.ts";
import type { Secret } from "../kernel/secret.ts";
import type { Cause } from "../probes/cause.ts";
import type { Breakers } from "./breakers/breakers.ts";
import type { Directory } from "./companies/directory.ts";
import type { Delivery, Kept } from "./delivery.ts";
import type { Egress } from "./vendors/egress.ts";
import type { Vendor } from "./vendors/vendor.ts";

/** Settings an operator made for a while, as this process last saw them; read from memory, at most a second old. */
export type SwitchView = {
  /** `retell.fallback_mode`, `calcom.use_cache_fallback`, `webhook.verify_signature`, `retell.queue_mode`. */
  isOn(key: string, subject?: string): boolean;
};

/** What a part of the gateway stands on. Without `pool` it runs on the spool alone. */
export type Gateway = {
  readonly clock: Clock;
  readonly language: Language;
  readonly timeZone: string;
  readonly settings: GatewaySettings;
  readonly pool: pg.Pool | undefined;
  readonly directory: Directory;
  readonly switches: SwitchView;
  readonly breakers: Breakers;
  readonly egress: Egress;
  /** Durably keeps a delivery before anything is answered. @throws {Failure} spool-failed when neither place takes it */
  keep(delivery: Delivery): Promise<Kept>;
  /** Where a vendor is reached and with whose key: the company's own, else the common one. */
  access(vendor: Vendor, companyId?: string): { readonly baseUrl: string; readonly key: Secret; readonly account?: string } | undefined;
  /** Something a human should know; counted once per kind, company and subject, shown by `/health` and the probes. */
  report(finding: GatewayFinding): void;
};

export type GatewayFinding = {
  /** Kebab-case, for example `unknown-number`, `unknown-function`, `past-date`, `unknown-shape`. */
  readonly kind: string;
  readonly companyId?: string;
  readonly subject: string;
  readonly data?: Readonly<Record<string, string | number | boolean>>;
};

/** Work that comes round. `leader`: in one process at a time. A throw is reported, counted and tried again next time. */
export type GatewayJob = {
  readonly name: string;
  readonly everyMs: number;
  readonly runsOn: "leader" | "each";
  run(signal: AbortSignal): Promise<void>;
};

/**
 * One look at the gateway's own data, for `/health`, `health:check` and the probes; `id` as in the domain's list (P1 …).
 */
export type GatewayCheck = {
  readonly id: string;
  readonly subject: string;
  readonly state: "ok" | "degraded" | "down" | "unknown";
  readonly cause?: Cause;
  readonly summary: string;
  readonly evidence: Readonly<Record<string, string | number | boolean>>;
  readonly seenAt: number;
};
