/** Why somebody is called back. */
export type CallbackReason = "retell-down" | "no-availability" | "booking-failed" | "asked" | "function-failed";

export type CallbackWish = {
  readonly phone: string;
  readonly branchId?: string;
  readonly name?: string;
  readonly wish?: string;
  readonly callId?: string;
  readonly reason: CallbackReason;
  readonly priority?: "normal" | "high" | "urgent";
};

/** A callback that is durably written down. `promisedBy`: epoch ms, computed from backlog, rate and opening hours. */
export type PromisedCallback = { readonly callbackId: string; readonly promisedBy: number };

export type CallbackDesk = {
  /** One waiting callback per number and company: a second wish joins the first. Durable when it returns, also without the database. */
  promise(companyId: string, wish: CallbackWish): Promise<PromisedCallback>;
};
