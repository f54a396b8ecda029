import type { Message } from "../kernel/message.ts";

/** A line for a person: a message in the operator's language, or a text that is the same in all. */
export type Line = string | Message;
