import { objectOf } from "../body-fields.ts";
import type { Route } from "../vendor-server.ts";
import type { MessagePost } from "./message-post.ts";
import type { CallerWish, Switchboard } from "./switchboard.ts";
import { twilioError, type TwilioState } from "./twilio-state.ts";

export type ControlEndpoint = "simulate-caller" | "list-rung" | "list-received";

/** Lets a person call from outside the process, and shows which telephones rang and what they received. */
export function twilioControl(parts: { switchboard: Switchboard; post: MessagePost }): readonly Route<TwilioState, ControlEndpoint>[] {
  return [
    {
      name: "simulate-caller",
      method: "POST",
      path: "/sandbox/callers",
      access: "control",
      answer: async ({ json }) => {
        const wish = objectOf(json) as Partial<CallerWish>;
        if (typeof wish.from !== "string" || typeof wish.to !== "string") return twilioError(400, 20_001, "from and to are required");
        return { status: 200, body: await parts.switchboard.receive({ ...wish, from: wish.from, to: wish.to }) };
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
