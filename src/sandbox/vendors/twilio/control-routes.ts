import { z } from "zod";
import type { Route } from "../vendor-server.ts";
import type { MessagePost } from "./message-post.ts";
import type { Switchboard } from "./switchboard.ts";
import { twilioError, type TwilioState } from "./twilio-state.ts";

export type ControlEndpoint = "simulate-caller" | "list-rung" | "list-received";

const answerSchema = z.union([
  z.strictObject({ digits: z.string() }),
  z.strictObject({ speech: z.string() }),
  z.strictObject({ silence: z.literal(true) }),
]);
const wishSchema = z.strictObject({
  from: z.string(),
  to: z.string(),
  answers: z.array(answerSchema).default([]),
  hangUpAfter: z.number().default(Infinity),
});

/** Lets a person call from outside the process, and shows which telephones rang and what they received. */
export function twilioControl(parts: { switchboard: Switchboard; post: MessagePost }): readonly Route<TwilioState, ControlEndpoint>[] {
  return [
    {
      name: "simulate-caller",
      method: "POST",
      path: "/sandbox/callers",
      access: "control",
      answer: async ({ json }) => {
        const wish = wishSchema.safeParse(json);
        return wish.success
          ? { status: 200, body: await parts.switchboard.receive(wish.data) }
          : twilioError(400, 20_001, z.prettifyError(wish.error));
      },
    },
    {
      name: "list-rung",
      method: "GET",
      path: "/sandbox/rung",
      access: "control",
      answer: () => ({ status: 200, body: parts.switchboard.rung }),
    },
    {
      name: "list-received",
      method: "GET",
      path: "/sandbox/received",
      access: "control",
      answer: () => ({ status: 200, body: parts.post.received }),
    },
  ];
}
