import type { Clock } from "../../kernel/clock.ts";

/** One message to a customer of the vendor. */
export type Webhook = {
  readonly url: string;
  /** What it speaks of, for the record and for what is done to it: `call_ended`, `BOOKING_CREATED`. */
  readonly event: string;
  readonly method?: "POST" | "GET";
  readonly body: string;
  /** Made anew for each attempt: a signature may carry the time. */
  headers(at: number, attempt: number): Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Pauses before each further attempt; empty = the vendor does not retry. */
  readonly retryWaitsMs: readonly number[];
};

export type Attempt = {
  readonly at: number;
  readonly headers: Readonly<Record<string, string>>;
  status: number;
  body: string;
  error?: string;
};

/** What was sent; `isDelivered` after the first 2xx, `isSettled` when nothing more will be tried. */
export type SentWebhook = {
  readonly url: string;
  readonly event: string;
  readonly body: string;
  readonly attempts: Attempt[];
  isDelivered: boolean;
  isSettled: boolean;
};

/**
 * What happens to webhooks on their way. `swapped`: each pair changes places. `forged`: signed with a wrong key.
 * `cut`: half of the body. `lost`: never sent. `doubled`: sent again at once, as was seen at Retell within one second.
 */
export type DeliveryFault =
  | { readonly kind: "doubled" | "swapped" | "lost" | "forged" | "cut" }
  | { readonly kind: "late"; readonly delayMs: number };

export type Deliveries = {
  /** For one event name, or for all of them. */
  set(fault: DeliveryFault, event?: string): void;
  clear(): void;
  readonly sent: readonly SentWebhook[];
  /** Sends once more what was sent before, with the bytes of then and a signature of now. */
  resend(webhook: SentWebhook): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
};

export type WebhookSender = Deliveries & {
  /** Sends in the background. @returns the record that fills as attempts are made */
  send(webhook: Webhook): SentWebhook;
  /** Sends and waits for the last attempt: for what a caller waits for. Faults of delivery do not touch it. */
  ask(webhook: Webhook): Promise<SentWebhook>;
  close(): void;
};

type SenderPlan = {
  readonly clock: Clock;
  /** While true, what should be sent is lost: the vendor itself is away. */
  isAway(): boolean;
  /** Asked before each webhook; goes before all that was set. */
  readonly weather?: (() => DeliveryFault | undefined) | undefined;
};

const keptWebhooks = 20_000;
const forgedHeader = /signature/i;

export function createWebhookSender({ clock, isAway, weather = () => undefined }: SenderPlan): WebhookSender {
  const faults = new Map<string, DeliveryFault>();
  const sent: SentWebhook[] = [];
  const plans = new Map<SentWebhook, Webhook>();
  const underWay = new Set<Promise<void>>();
  const closing = new AbortController();
  let held: (() => void) | undefined;

  function record(webhook: Webhook): SentWebhook {
    const entry: SentWebhook = {
      url: webhook.url,
      event: webhook.event,
      body: webhook.body,
      attempts: [],
      isDelivered: false,
      isSettled: false,
    };
    sent.push(entry);
    plans.set(entry, webhook);
    const forgotten = sent.length > keptWebhooks ? sent.shift() : undefined;
    if (forgotten !== undefined) plans.delete(forgotten);
    return entry;
  }

  function inBackground(work: Promise<void>): void {
    const guarded = work.catch(() => {}).finally(() => underWay.delete(guarded));
    underWay.add(guarded);
  }

  async function deliver(webhook: Webhook, entry: SentWebhook): Promise<void> {
    try {
      for (const waitMs of [0, ...webhook.retryWaitsMs]) {
        if (waitMs > 0) await clock.sleep(waitMs, closing.signal);
        await attempt(webhook, entry);
        if (entry.isDelivered) return;
      }
    } finally {
      entry.isSettled = true;
    }
  }

  async function attempt(webhook: Webhook, entry: SentWebhook): Promise<void> {
    const at = clock.now();
    const headers = webhook.headers(at, entry.attempts.length);
    const made: Attempt = { at, headers, status: 0, body: "" };
    entry.attempts.push(made);
    try {
      const method = webhook.method ?? "POST";
      const answer = await fetch(webhook.url, {
        method,
        headers,
        redirect: "manual",
        signal: AbortSignal.any([AbortSignal.timeout(webhook.timeoutMs), closing.signal]),
        ...(method === "POST" ? { body: webhook.body } : {}),
      });
      made.body = await answer.text();
      made.status = answer.status;
      entry.isDelivered = answer.ok;
    } catch (error) {
      made.error = (error as Error).name;
    }
  }

  function send(webhook: Webhook): SentWebhook {
    const fault = weather() ?? faults.get(webhook.event) ?? faults.get("*");
    const changed = spoil(webhook, fault);
    const entry = record(changed);
    if (isAway() || fault?.kind === "lost") {
      entry.isSettled = true;
      return entry;
    }
    const start = (): void => inBackground(deliver(changed, entry));
    if (fault?.kind === "swapped") {
      if (held === undefined) held = start;
      else {
        const first = held;
        held = undefined;
        start();
        inBackground(clock.sleep(20, closing.signal).then(first));
      }
    } else if (fault?.kind === "late") {
      inBackground(clock.sleep(fault.delayMs, closing.signal).then(async () => await deliver(changed, entry)));
    } else start();
    if (fault?.kind === "doubled") inBackground(deliver(changed, record(changed)));
    return entry;
  }

  /** The last of an odd number has nobody to change places with. */
  function release(): void {
    held?.();
    held = undefined;
  }

  return {
    send,
    ask: async (webhook) => {
      const entry = record(webhook);
      await deliver(webhook, entry).catch(() => {});
      return entry;
    },
    set: (fault, event = "*") => void faults.set(event, fault),
    clear: () => {
      faults.clear();
      release();
    },
    sent,
    resend: (webhook) => {
      const plan = plans.get(webhook);
      if (plan !== undefined) inBackground(deliver(plan, record(plan)));
    },
    settled: async () => {
      release();
      while (underWay.size > 0) await Promise.all(underWay);
    },
    close: () => closing.abort(),
  };
}

function spoil(webhook: Webhook, fault: DeliveryFault | undefined): Webhook {
  if (fault?.kind === "cut") return { ...webhook, body: webhook.body.slice(0, Math.floor(webhook.body.length / 2)) };
  if (fault?.kind !== "forged") return webhook;
  const headers: Webhook["headers"] = (at, attempt) =>
    Object.fromEntries(
      Object.entries(webhook.headers(at, attempt)).map(([name, value]) => [name, forgedHeader.test(name) ? forge(value) : value]),
    );
  return { ...webhook, headers };
}

/** The same form, another digest: one character before the padding is changed. */
function forge(signature: string): string {
  return signature.replace(/.(?==*$)/, (character) => (character === "0" ? "1" : "0"));
}
