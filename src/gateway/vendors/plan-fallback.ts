import type { Vendor } from "./vendor.ts";

/** One place at a vendor that says where something is sent. `url` is `undefined` when it says nothing. */
export type WebhookTarget = {
  readonly vendor: Vendor;
  readonly what: "agent" | "number" | "webhook" | "voice-fallback";
  readonly id: string;
  readonly url: string | undefined;
  /** Of a number: where its calls go first; a fallback is set only where that is us. */
  readonly firstUrl?: string | undefined;
};

export type TargetChange = { readonly target: WebhookTarget; readonly to: string | undefined };

/** `foreign`: not ours, nobody touches it. `same`: stands as wanted. */
export type FallbackPlan = {
  readonly changes: readonly TargetChange[];
  readonly foreign: readonly WebhookTarget[];
  readonly same: readonly WebhookTarget[];
};

export const voicePath = "/twilio/voice";

/**
 * What would be sent elsewhere: the same path and parameters on another server. Pure.
 * @param ours origins that are known to be this system's: its public address and the backup servers of before
 */
export function planFallback(targets: readonly WebhookTarget[], newOrigin: string, ours: readonly string[]): FallbackPlan {
  const plan = { changes: [] as TargetChange[], foreign: [] as WebhookTarget[], same: [] as WebhookTarget[] };
  const isOurs = (url: string | undefined): boolean => url !== undefined && ours.includes(originOf(url));
  for (const target of targets) {
    if (target.what === "voice-fallback") {
      if (!isOurs(target.firstUrl) || (target.url !== undefined && !isOurs(target.url))) plan.foreign.push(target);
      else if (target.url === newOrigin + voicePath) plan.same.push(target);
      else plan.changes.push({ target, to: newOrigin + voicePath });
      continue;
    }
    if (target.url === undefined) continue;
    if (!isOurs(target.url)) plan.foreign.push(target);
    else if (originOf(target.url) === newOrigin) plan.same.push(target);
    else plan.changes.push({ target, to: newOrigin + target.url.slice(originOf(target.url).length) });
  }
  return plan;
}

export type KeptChange = {
  readonly vendor: Vendor;
  readonly what: WebhookTarget["what"];
  readonly id: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
};

/** The way back. `moved`: set to something else since, which is newer than what we know. `gone`: not at the vendor any more. */
export type BackPlan = FallbackPlan & { readonly moved: readonly WebhookTarget[]; readonly gone: readonly KeptChange[] };

/** @param seen the vendors whose places could be read; of the others nothing is known. Pure. */
export function planBack(kept: readonly KeptChange[], targets: readonly WebhookTarget[], seen: readonly Vendor[]): BackPlan {
  const plan = {
    changes: [] as TargetChange[],
    foreign: [],
    same: [] as WebhookTarget[],
    moved: [] as WebhookTarget[],
    gone: [] as KeptChange[],
  };
  for (const change of kept) {
    const target = targets.find(({ vendor, what, id }) => vendor === change.vendor && what === change.what && id === change.id);
    if (target === undefined) {
      if (seen.includes(change.vendor)) plan.gone.push(change);
    } else if (target.url === change.from) plan.same.push(target);
    else if (target.url === change.to) plan.changes.push({ target, to: change.from });
    else plan.moved.push(target);
  }
  return plan;
}

/** Scheme, host and port as the text has them; "" for what is no address. `{{variables}}` of Retell stay in the rest. */
export function originOf(url: string): string {
  return /^https?:\/\/[^/?#]+/.exec(url)?.[0] ?? "";
}

/** The address as an origin; `undefined` when it has a path, a login or a parameter, or is not https (on this machine http will do). */
export function parseOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, pathname, search, hash, username, password, origin } = new URL(text);
  const isPlain = pathname === "/" && search + hash + username + password === "";
  const isSafe = protocol === "https:" || (protocol === "http:" && (hostname === "127.0.0.1" || hostname === "localhost"));
  return isPlain && isSafe ? origin : undefined;
}
