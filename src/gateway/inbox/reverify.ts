import { createHash } from "node:crypto";
import type { Pool } from "pg";
import { seconds } from "../../kernel/clock.ts";
import type { Secret } from "../../kernel/secret.ts";
import { verifyRequest } from "../accept/verify-request.ts";
import type { Verification } from "../accept/verification.ts";
import type { Gateway, GatewayJob } from "../gateway.ts";
import { inTransactionAgain, lockQuarantined, releaseEvents, type QuarantinedEvent } from "./release.ts";

/** Checks a stored request as if it came in at its own moment. */
export type Reverify = (event: QuarantinedEvent) => Verification;

export type Reverified = { readonly looked: number; readonly released: number; readonly duplicates: number };

const pageSize = 500;

/**
 * Looks at every quarantined signature again, with the keys there are now and the time of receipt: what verifies is released,
 * everything else stays. A request that was stale when it came stays stale.
 */
export async function reverifyQuarantine(pool: Pool, verify: Reverify, signal: AbortSignal): Promise<Reverified> {
  let total: Reverified = { looked: 0, released: 0, duplicates: 0 };
  let afterId = "0";
  for (;;) {
    signal.throwIfAborted();
    const page = await inTransactionAgain(pool, async (client) => {
      const events = await lockQuarantined(client, { afterId, limit: pageSize });
      const fitting = events.flatMap((event) => {
        const { verdict, keyId } = verify(event);
        return verdict === "verified" && keyId !== undefined ? [{ event, ground: { by: "key", keyId } as const }] : [];
      });
      return { lastId: events.at(-1)?.id, looked: events.length, ...(await releaseEvents(client, fitting)) };
    });
    if (page.lastId === undefined) return total;
    afterId = page.lastId;
    total = {
      looked: total.looked + page.looked,
      released: total.released + page.released,
      duplicates: total.duplicates + page.duplicates,
    };
  }
}

/** The rule of the accept path, with the configuration's keys. */
export function reverifyWith(settings: Gateway["settings"]): Reverify {
  return ({ provider, url, headers, body, receivedAt }) => verifyRequest(provider, { url, headers, body }, settings, receivedAt);
}

/** Runs through the quarantine once after the start, and again whenever a key was added or changed, also behind the same reference. */
export function reverifyJob(gateway: Pick<Gateway, "pool" | "settings">, onDone: (done: Reverified) => void = () => {}): GatewayJob {
  let knownKeys = "";
  return {
    name: "quarantine: look again with new keys",
    everyMs: seconds(5),
    runsOn: "leader",
    run: async (signal) => {
      // Asked for anew each time: a key that is added to ampel.yaml comes with new settings.
      const { pool, settings } = gateway;
      if (pool === undefined) return;
      const keys = fingerprint({
        ...named("retell", settings.retell.keys),
        ...named("calcom", settings.calcom.secrets),
        ...named("twilio", settings.twilio.tokens),
      });
      if (keys === knownKeys) return;
      onDone(await reverifyQuarantine(pool, reverifyWith(settings), signal));
      knownKeys = keys;
    },
  };
}

function named(provider: string, keys: Readonly<Record<string, Secret>>): Record<string, Secret> {
  return Object.fromEntries(Object.entries(keys).map(([id, secret]) => [`${provider} ${id}`, secret]));
}

/** Tells whether the keys are the same as before; it stays in memory. */
function fingerprint(keys: Readonly<Record<string, Secret>>): string {
  const hash = createHash("sha256");
  for (const [id, secret] of Object.entries(keys)) hash.update(JSON.stringify([id, readable(secret)]));
  return hash.digest("hex");
}

function readable(secret: Secret): string | undefined {
  try {
    return secret.reveal();
  } catch {
    return undefined;
  }
}
