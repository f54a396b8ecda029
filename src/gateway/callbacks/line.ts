/** One callback to be dialled. `operationId` is ours and unique for this attempt: the vendor keeps it, so that a call is found again. */
export type DialOrder = {
  readonly operationId: string;
  readonly companyId: string;
  readonly branchId?: string;
  readonly to: string;
  readonly variables: Readonly<Record<string, string>>;
};

/** How a call ended. `missed`: nobody was spoken to, or the conversation broke; another attempt may help. */
export type CallOutcome = { readonly kind: "reached" } | { readonly kind: "missed"; readonly why: string };

/** Who really rings customers up. */
export type DialLine = {
  /** False while calls would be in vain. */
  isReady(): boolean;
  /** Nobody of this company is called now, because an operator said so. */
  isHeld(companyId: string): boolean;
  /** There is a number to call from for this branch. */
  canDial(order: Pick<DialOrder, "companyId" | "branchId">): boolean;
  /**
   * Hands one call over, exactly once; returns the vendor's id of it.
   * @throws {NotDialled} when it is certain that nobody was rung up; anything else leaves it open
   */
  dial(order: DialOrder, signal: AbortSignal): Promise<string>;
  /** The call a hand-over with this id made; `undefined` when the vendor knows of none. @throws when it cannot be told */
  find(order: Pick<DialOrder, "operationId" | "companyId">, signal: AbortSignal): Promise<string | undefined>;
  /** How a call ended; `undefined` while it goes on. @throws when it cannot be told */
  outcomeOf(call: { readonly companyId: string; readonly providerId: string }, signal: AbortSignal): Promise<CallOutcome | undefined>;
};

/** The vendor or our own breaker said no before anybody was rung up. `isLineDown`: no fault of this one call, so it does not count as an attempt. */
export class NotDialled extends Error {
  readonly isLineDown: boolean;

  constructor(why: string, options: { isLineDown: boolean } & ErrorOptions) {
    super(why, options);
    this.name = "NotDialled";
    this.isLineDown = options.isLineDown;
  }
}
