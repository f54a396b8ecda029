/** How one function call of the agent ended, in a word for the record. */
export type ToolOutcome =
  | "ok"
  | "none"
  | "confirmed"
  | "provisional"
  | "taken"
  | "cancelled"
  | "cancelling"
  | "callback"
  | "refused"
  | "past-date"
  | "unclear"
  | "unknown-function"
  | "placeholder-call-id"
  | "unavailable"
  | "deadline"
  | "failed";

/** What counts as an error of ours, not of the caller's wish: the error rate of P9 is made of these. */
export const failedToolOutcomes: readonly ToolOutcome[] = ["unknown-function", "placeholder-call-id", "unavailable", "deadline", "failed"];
