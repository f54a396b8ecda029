import type { Clock } from "../../../kernel/clock.ts";
import type { WebhookSender } from "../webhook-sender.ts";
import { signTwilio } from "./twilio-signature.ts";
import type { TwilioMessage, TwilioMessageStatus, TwilioState } from "./twilio-state.ts";

/** What becomes of a message to a number. `swallowed`: sent, and never heard of again. */
export type Recipient = "delivered" | "undelivered" | "failed" | "swallowed";

export type ReceivedMessage = { readonly to: string; readonly body: string; readonly sid: string; readonly at: number };

export type MessagePost = {
  send(messageSid: string): void;
  readonly recipients: Map<string, Recipient>;
  /** What telephones really showed. */
  readonly received: readonly ReceivedMessage[];
  settled(): Promise<void>;
};

type MessagePostPlan = {
  readonly clock: Clock;
  readonly state: TwilioState;
  readonly sender: WebhookSender;
  readonly token: string;
  readonly stepMs: number;
  isAway(): boolean;
};

/** Carries messages: queued, sent, then delivered or not, each step told to the status callback. */
export function createMessagePost(plan: MessagePostPlan): MessagePost {
  const { clock, state, sender } = plan;
  const recipients = new Map<string, Recipient>();
  const received: ReceivedMessage[] = [];
  const underWay = new Set<Promise<void>>();

  function become(message: TwilioMessage, status: TwilioMessageStatus, errorCode?: number): void {
    message.status = status;
    message.updatedAt = clock.now();
    message.errorCode = errorCode;
    if (status === "sent") message.sentAt = message.updatedAt;
    const url = message.statusCallback;
    if (url === undefined) return;
    const parameters: Record<string, string> = {
      AccountSid: state.accountSid,
      ApiVersion: "2010-04-01",
      From: message.from ?? "",
      MessageSid: message.sid,
      MessageStatus: status,
      SmsSid: message.sid,
      SmsStatus: status,
      To: message.to,
      ...(errorCode === undefined ? {} : { ErrorCode: String(errorCode) }),
    };
    sender.send({
      url: url.replace(/#.*$/, ""),
      event: `message:${status}`,
      body: new URLSearchParams(parameters).toString(),
      headers: () => ({
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "x-twilio-signature": signTwilio(url, parameters, plan.token),
      }),
      timeoutMs: 15_000,
      retryWaitsMs: [],
    });
  }

  async function carry(messageSid: string): Promise<void> {
    const message = state.messages.get(messageSid);
    if (message === undefined) return;
    await clock.sleep(plan.stepMs);
    if (plan.isAway()) return; // it stays queued
    const recipient = recipients.get(message.to) ?? "delivered";
    if (recipient === "failed") return become(message, "failed", 30_008);
    become(message, "sent");
    await clock.sleep(plan.stepMs);
    if (plan.isAway() || recipient === "swallowed") return;
    if (recipient === "undelivered") return become(message, "undelivered", 30_003);
    received.push({ to: message.to, body: message.body, sid: messageSid, at: clock.now() });
    become(message, "delivered");
  }

  return {
    send: (messageSid) => {
      const running = carry(messageSid)
        .catch(() => {})
        .finally(() => underWay.delete(running));
      underWay.add(running);
    },
    recipients,
    received,
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
