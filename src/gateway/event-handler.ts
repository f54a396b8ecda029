import type { ClientBase } from "pg";
import type { Directory } from "./companies/directory.ts";
import type { Provider } from "./delivery.ts";

/** A delivery as it lies in the inbox. `id` grows with the order of keeping; times: epoch ms UTC. */
export type InboxEvent = {
  readonly id: string;
  readonly provider: Provider;
  readonly eventType: string;
  readonly dedupKey: string;
  readonly orderingKey: string;
  readonly companyId?: string;
  readonly occurredAt?: number;
  readonly receivedAt: number;
  readonly attempts: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/**
 * What became of one event. `ignored`: understood, nothing to do. `unknown-shape`: kept, counted, shown to a human.
 * `later`: tried again after a pause, and later events of its ordering key wait. `dead`: no repetition can help.
 */
export type EventOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "ignored"; readonly why: string }
  | { readonly kind: "unknown-shape"; readonly why: string }
  | { readonly kind: "later"; readonly why: string }
  | { readonly kind: "dead"; readonly why: string };

/** Turns events of one kind into rows of ours. */
export type EventHandler = {
  readonly name: string;
  handles(event: Pick<InboxEvent, "provider" | "eventType">): boolean;
  /** Whose event it is; `undefined` when nobody's number or agent fits: never "the first company". Pure. */
  companyOf(event: InboxEvent, directory: Directory): string | undefined;
  /**
   * Applies events of one company, in order, inside the open transaction whose scope is that company.
   * One outcome per event, in the same order. It writes through `client` only: what must reach the outside is written
   * down as a row and done by a job. A throw undoes all of them; the worker then tries them one by one.
   */
  apply(events: readonly InboxEvent[], client: ClientBase, companyId: string): Promise<readonly EventOutcome[]>;
};
