import type { Message, Language } from "../../kernel/message.ts";
import type { BookingDesk } from "../bookings/booking-desk.ts";
import type { CallbackDesk, CallbackReason } from "../callbacks/callback-desk.ts";
import type { KnownBranch, KnownCompany } from "../companies/directory.ts";
import type { Gateway } from "../gateway.ts";
import type { FunctionCall } from "./function-call.ts";
import type { ToolOutcome } from "./tool-outcome.ts";

export type Desks = { readonly booking: BookingDesk; readonly callbacks: CallbackDesk };

/** One function call of one caller, with everything that is known for sure. `phone` is the number that really calls. */
export type Caller = {
  readonly gateway: Gateway;
  readonly desks: Desks;
  readonly company: KnownCompany;
  readonly branch: KnownBranch | undefined;
  readonly call: FunctionCall;
  readonly language: Language;
  readonly phone: string | undefined;
  readonly now: number;
  /** A check of ours: it reads and changes nothing. */
  readonly isSynthetic: boolean;
};

/** What the agent says and what it may use. `data` never holds what belongs to somebody else than the caller. */
export type Answer = {
  readonly isSuccess: boolean;
  readonly outcome: ToolOutcome;
  readonly text: Message;
  readonly data?: Readonly<Record<string, unknown>>;
  /** What is noted for a person who calls back when the answer could not be given. */
  readonly callback?: { readonly reason: CallbackReason; readonly wish: string };
};

export type AgentFunction = {
  /** One of these names, for the record and the operation's id. */
  readonly action: string;
  /** It changes something: without a real call id it is not carried out. */
  readonly isChanging: boolean;
  run(caller: Caller, signal: AbortSignal): Promise<Answer>;
  /** Said, and noted, when `run` fails or is too late. */
  onFailure(caller: Caller): Pick<Answer, "text" | "callback">;
};
