import type { Clock } from "../../../kernel/clock.ts";
import type { WebhookSender } from "../webhook-sender.ts";
import { playCall, type CallerAnswer, type DialResult, type DialTarget, type NextDocument, type PlayedCall } from "./call-player.ts";
import { rfc2822 } from "./twilio-bodies.ts";
import { signTwilio } from "./twilio-signature.ts";
import { isOver, newSid, type TwilioCall, type TwilioCallStatus, type TwilioState } from "./twilio-state.ts";
import { askVoiceUrl, type VoiceLimits } from "./voice-request.ts";

export type CallerWish = {
  readonly from: string;
  readonly to: string;
  /** One key press or one sentence for every question; shorter than `answers`. */
  readonly digits?: string;
  readonly speech?: string;
  /** In order, one for each question or recording. */
  readonly answers?: readonly CallerAnswer[];
  /** Sentences heard until the caller hangs up. */
  readonly hangUpAfter?: number;
};

/** What the caller lived through. */
export type CallerReport = PlayedCall & { readonly callSid: string; readonly status: TwilioCallStatus };

/** How somebody whom Twilio rings behaves. */
export type TwilioCallee =
  | { readonly kind: "answers"; readonly answers?: readonly CallerAnswer[]; readonly hangUpAfter?: number }
  | { readonly kind: "busy" | "no-answer" | "fails" | "voicemail" };

export type SwitchboardPlan = {
  readonly clock: Clock;
  readonly state: TwilioState;
  readonly sender: WebhookSender;
  readonly token: string;
  readonly limits: VoiceLimits;
  readonly ringMs: number;
  readonly callsPerSecond: number;
  connect(target: DialTarget, call: { readonly sid: string; readonly from: string; readonly to: string }): Promise<DialResult>;
  isAway(): boolean;
};

export type RungCall = { readonly to: string; readonly callSid: string; readonly at: number; readonly played?: PlayedCall };

export type Switchboard = {
  receive(wish: CallerWish): Promise<CallerReport>;
  place(callSid: string): void;
  redirect(callSid: string, to: { url: string; method: "POST" | "GET" } | { twiml: string }): void;
  end(callSid: string, status: "completed" | "canceled"): void;
  readonly callees: Map<string, TwilioCallee>;
  /** Every telephone that really rang, in order, with what was heard. */
  readonly rung: readonly RungCall[];
  settled(): Promise<void>;
};

/** Puts calls through in both directions. */
export function createSwitchboard(plan: SwitchboardPlan): Switchboard {
  const { clock, state, sender, token } = plan;
  const callees = new Map<string, TwilioCallee>();
  const rung: RungCall[] = [];
  const orders = new Map<string, { end: true } | { next: NextDocument } | { twiml: string }>();
  const underWay = new Set<Promise<void>>();
  let nextFreeAt = 0;

  const known = (call: TwilioCall): Record<string, string> => ({
    AccountSid: state.accountSid,
    ApiVersion: "2010-04-01",
    CallSid: call.sid,
    CallStatus: call.status,
    Called: call.to,
    Caller: call.from,
    Direction: call.direction,
    From: call.from,
    To: call.to,
  });

  function tell(call: TwilioCall, event: string, url: string | undefined, extra: Readonly<Record<string, string>> = {}): void {
    if (url === undefined || url === "") return;
    const parameters = {
      ...known(call),
      Timestamp: rfc2822(clock.now()) ?? "",
      CallbackSource: "call-progress-events",
      SequenceNumber: String(sender.sent.filter((sent) => sent.body.includes(call.sid)).length),
      ...extra,
    };
    sender.send({
      url: url.replace(/#.*$/, ""),
      event: `call:${event}`,
      body: new URLSearchParams(parameters).toString(),
      headers: () => ({
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "x-twilio-signature": signTwilio(url, parameters, token),
      }),
      timeoutMs: plan.limits.totalMs,
      retryWaitsMs: [],
    });
  }

  function become(call: TwilioCall, status: TwilioCallStatus): void {
    call.status = status;
    call.updatedAt = clock.now();
    if (status === "in-progress") call.startedAt = call.updatedAt;
    if (isOver(status)) call.endedAt = call.updatedAt;
  }

  async function play(
    call: TwilioCall,
    first: NextDocument | { twiml: string },
    fallback: { url: string; method: "POST" | "GET" } | undefined,
    person: { answers: readonly CallerAnswer[]; hangUpAfter: number },
  ): Promise<PlayedCall> {
    return await playCall(first, {
      ...person,
      fallback,
      ask: async ({ url, method, extra }) => await askVoiceUrl(url, method, { ...known(call), ...extra }, { token, limits: plan.limits }),
      dial: async (target) => await plan.connect(target, call),
      record: (said, statusCallback) => {
        const sid = newSid("RE");
        const seconds = Math.max(1, Math.ceil(said.length / 15));
        state.recordings.set(sid, { sid, callSid: call.sid, seconds, createdAt: clock.now(), said });
        const parameters = {
          RecordingSid: sid,
          RecordingUrl: `https://api.twilio.com/2010-04-01/Accounts/${state.accountSid}/Recordings/${sid}`,
          RecordingDuration: String(seconds),
        };
        tell(call, "recording", statusCallback, { ...parameters, RecordingStatus: "completed" });
        return parameters;
      },
      order: () => {
        const order = orders.get(call.sid);
        orders.delete(call.sid);
        return order;
      },
    });
  }

  async function receive(wish: CallerWish): Promise<CallerReport> {
    const number = state.numbers.get(wish.to);
    const now = clock.now();
    const call: TwilioCall = {
      sid: newSid("CA"),
      accountSid: state.accountSid,
      from: wish.from,
      to: wish.to,
      direction: "inbound",
      createdAt: now,
      updatedAt: now,
      status: "ringing",
      startedAt: undefined,
      endedAt: undefined,
      answeredBy: undefined,
      url: number?.voiceUrl,
      method: number?.voiceMethod ?? "POST",
      fallbackUrl: number?.voiceFallbackUrl === "" ? undefined : number?.voiceFallbackUrl,
      twiml: undefined,
      statusCallback: number?.statusCallback,
      statusEvents: ["completed"],
      timeoutSeconds: 60,
    };
    const silent: PlayedCall = { heard: [], requests: [], dialled: [], endedBy: "error", errors: [] };
    if (plan.isAway() || number === undefined) return { ...silent, callSid: call.sid, status: "failed" };
    state.calls.set(call.sid, call);
    // A trunk or an application takes the call: VoiceUrl and its fallback are not looked at.
    if (number.trunkSid !== "") {
      const result = await plan.connect({ kind: "sip", address: number.trunkSid, callerId: undefined, timeoutSeconds: 30 }, call);
      become(call, result.status === "answered" ? "completed" : result.status);
      return { ...silent, heard: result.heard ?? [], endedBy: "document", callSid: call.sid, status: call.status };
    }
    const isUnset = number.voiceUrl === "" || number.voiceApplicationSid !== "";
    const answers = wish.answers ?? repeated(wish);
    const fallback = number.voiceFallbackUrl === "" ? undefined : { url: number.voiceFallbackUrl, method: number.voiceFallbackMethod };
    const played = isUnset
      ? silent
      : await play(call, { url: number.voiceUrl, method: number.voiceMethod, extra: {} }, fallback, {
          answers,
          hangUpAfter: wish.hangUpAfter ?? Infinity,
        });
    call.startedAt = now;
    become(call, played.endedBy === "reject" ? "busy" : isUnset ? "failed" : "completed");
    tell(call, call.status, number.statusCallback, { CallDuration: String(Math.ceil((clock.now() - now) / 1000)) });
    return { ...played, callSid: call.sid, status: call.status };
  }

  async function place(callSid: string): Promise<void> {
    const call = state.calls.get(callSid);
    if (call === undefined) return;
    const tellIf = (event: string, extra?: Readonly<Record<string, string>>): void => {
      if (call.statusEvents.includes(event)) tell(call, event, call.statusCallback, extra);
    };
    const finish = (status: TwilioCallStatus): void => {
      become(call, status);
      const seconds = call.startedAt === undefined ? 0 : Math.ceil((clock.now() - call.startedAt) / 1000);
      tellIf("completed", { CallDuration: String(seconds) });
    };
    // More calls than the account may start in a second wait their turn.
    const startAt = Math.max(clock.now(), nextFreeAt);
    nextFreeAt = startAt + 1000 / plan.callsPerSecond;
    await clock.sleep(Math.max(0, startAt - clock.now()));
    if (isOver(call.status)) return;
    tellIf("initiated");
    become(call, "ringing");
    tellIf("ringing");
    await clock.sleep(plan.ringMs);
    if (plan.isAway()) return finish("failed");
    if (isOver(call.status)) return tellIf("completed", { CallDuration: "0" });
    const entry: { -readonly [Key in keyof RungCall]: RungCall[Key] } = { to: call.to, callSid, at: clock.now() };
    rung.push(entry);
    const callee = callees.get(call.to) ?? { kind: "answers" };
    if (callee.kind === "busy") return finish("busy");
    if (callee.kind === "no-answer") return finish("no-answer");
    if (callee.kind === "fails") return finish("failed");
    if (callee.kind === "voicemail") call.answeredBy = "machine_start";
    become(call, "in-progress");
    tellIf("answered");
    const first = call.url === undefined ? { twiml: call.twiml ?? "" } : { url: call.url, method: call.method, extra: {} };
    const fallback = call.fallbackUrl === undefined ? undefined : { url: call.fallbackUrl, method: "POST" as const };
    const person: { answers?: readonly CallerAnswer[]; hangUpAfter?: number } = callee.kind === "answers" ? callee : {};
    entry.played = await play(call, first, fallback, { answers: person.answers ?? [], hangUpAfter: person.hangUpAfter ?? Infinity });
    finish("completed");
  }

  return {
    receive,
    place: (callSid) => {
      const running = place(callSid)
        .catch(() => {})
        .finally(() => underWay.delete(running));
      underWay.add(running);
    },
    redirect: (callSid, to) => void orders.set(callSid, "url" in to ? { next: { ...to, extra: {} } } : to),
    end: (callSid, status) => {
      const call = state.calls.get(callSid);
      if (call === undefined || isOver(call.status)) return;
      if (call.status === "in-progress") orders.set(callSid, { end: true });
      else become(call, status);
    },
    callees,
    rung,
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/** The same answer to every question; enough for the longest menu. */
function repeated({ digits, speech }: CallerWish): readonly CallerAnswer[] {
  const answer: CallerAnswer | undefined = digits !== undefined ? { digits } : speech !== undefined ? { speech } : undefined;
  return answer === undefined ? [] : Array.from({ length: 50 }, () => answer);
}
