import { objectOf } from "../body-fields.ts";
import type { Route } from "../vendor-server.ts";
import type { SentWebhook } from "../webhook-sender.ts";
import { retellError } from "./retell-refusals.ts";
import type { RetellState } from "./retell-state.ts";
import type { CallWish, Telephone } from "./telephone.ts";

export type ControlEndpoint = "simulate-call" | "list-sent" | "list-dialled";

/** Lets a person call from outside the process, and shows what was sent and dialled. */
export function retellControl(parts: {
  telephone: Telephone;
  sent: readonly SentWebhook[];
}): readonly Route<RetellState, ControlEndpoint>[] {
  return [
    {
      name: "simulate-call",
      method: "POST",
      path: "/sandbox/calls",
      access: "control",
      answer: async ({ json }) => {
        const wish = objectOf(json) as Partial<CallWish>;
        if (typeof wish.from !== "string" || typeof wish.to !== "string") return retellError(400, "from and to are required");
        const { outcome, heard, variables, functions, call, forwardedTo } = await parts.telephone.receive({
          ...wish,
          from: wish.from,
          to: wish.to,
        });
        const called = functions.map(({ name, args, status, result, spoken }) => ({ name, args, status, result, spoken }));
        return { status: 200, body: { outcome, heard, variables, functions: called, callId: call?.call_id, forwardedTo } };
      },
    },
    {
      name: "list-sent",
      method: "GET",
      path: "/sandbox/webhooks",
      access: "control",
      answer: () => ({
        status: 200,
        body: parts.sent.map(({ url, event, attempts, isDelivered }) => ({ url, event, attempts: attempts.length, isDelivered })),
      }),
    },
    {
      name: "list-dialled",
      method: "GET",
      path: "/sandbox/dialled",
      access: "control",
      answer: () => ({ status: 200, body: parts.telephone.dialled }),
    },
  ];
}
