import { say, type Message } from "../../kernel/message.ts";
import type { Gateway, GatewayCheck } from "../gateway.ts";
import { faultName } from "./fault-name.ts";

/** A look that was not possible: shown as unknown, never as well. The error's kind is evidence, its text may name somebody. */
export function unknownCheck(
  { clock, language }: Pick<Gateway, "clock" | "language">,
  id: string,
  subject: string,
  why: Message,
  error?: unknown,
): GatewayCheck {
  const evidence: Record<string, string> = error === undefined ? {} : { error: faultName(error) };
  return { id, subject, state: "unknown", summary: say(why, language), evidence, seenAt: clock.now() };
}
