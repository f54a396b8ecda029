import { say, type Language, type Message } from "../kernel/message.ts";

/** A line for a person: a message in the operator's language, or a text that is the same in all. */
export type Line = string | Message;

/** One line below the line it belongs to; texts themselves carry no indentation. */
export const indented = (line: Message, language: Language): string => `  ${say(line, language)}`;
