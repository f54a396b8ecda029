import { Failure } from "../../kernel/failure.ts";
import { seconds } from "../../kernel/clock.ts";
import { message, type Message } from "../../kernel/message.ts";
import { publicAddress } from "../accept/verify-request.ts";
import { BreakerOpen } from "../breakers/breakers.ts";
import type { Gateway } from "../gateway.ts";
import { isOpen } from "./opening.ts";
import type { DeskPromise, DeskWish, OpenCallbackDesk } from "./open-callback-desk.ts";
import { readCallerNumber } from "./phone.ts";
import { spokenPromise } from "./spoken-time.ts";
import * as answers from "./voice-answers.ts";
import type { CalledNumber, VoiceRequest } from "./voice-request.ts";

/** One step of a call: what to answer, as TwiML. @throws {Failure} spool-failed when a wish could be kept nowhere */
export type VoiceStep = (request: VoiceRequest, called: CalledNumber) => Promise<string>;

export const voiceStepNames = ["voice", "after-dial", "fallback", "choice", "recording-consent", "recorded"] as const;
export type VoiceStepName = (typeof voiceStepNames)[number];

export type VoiceSteps = Readonly<Record<VoiceStepName, VoiceStep>> & {
  /** The answer that hands the call to Retell; `undefined` while that is known to be in vain. */
  handOver(called: CalledNumber): string | undefined;
};

/** Ringing shorter than this was the caller's own change of mind. */
const patienceMs = seconds(8);

/** The conversation with a caller, step by step; what has to be remembered between two of them stands in the signed address. */
export function openVoiceSteps(gateway: Gateway, desk: OpenCallbackDesk): VoiceSteps {
  const { clock, settings, switches, breakers } = gateway;

  const address = (step: VoiceStepName, query: Readonly<Record<string, string | undefined>> = {}): string => {
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const tail = given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
    return publicAddress(settings.publicUrl, `/twilio/${step}${tail}`);
  };
  const promise = async (
    { callSid }: VoiceRequest,
    called: CalledNumber,
    phone: string,
    more: Partial<DeskWish> = {},
  ): Promise<DeskPromise> =>
    await desk.promise(called.company.companyId, { phone, branchId: called.branchId, reason: "retell-down", callId: callSid, ...more });
  const whenOf = (promised: DeskPromise, { company, language }: CalledNumber): Message =>
    spokenPromise(promised, clock.now(), company.timeZone, language);
  const emergencyOf = ({ branch, company }: CalledNumber): string | undefined =>
    branch?.emergencyNumber !== undefined && isOpen(branch.openingHours, company.timeZone, clock.now())
      ? branch.emergencyNumber
      : undefined;

  const handOver = (called: CalledNumber): string | undefined => {
    const target = retellAddress(settings.twilio.retellSip, called.number);
    if (target === undefined) gateway.report({ kind: "retell-sip-missing", subject: "gateway.twilio.retellSip" });
    const state = breakers.state("retell");
    const isHeld = switches.isOn("retell.queue_mode") || switches.isOn("retell.queue_mode", called.company.companyId);
    const isDown = isHeld || state === "open" || state === "isolated";
    return target === undefined || isDown ? undefined : answers.handOver(target, address("after-dial", { at: String(clock.now()) }));
  };

  const offer: VoiceStep = async (request, called) => {
    const { caller, company, language } = called;
    if (caller.kind === "callable") return await announce(request, called, caller.phone);
    gateway.report({ kind: "anonymous-caller", companyId: company.companyId, subject: called.number });
    return answers.askNumber({ language, company: company.name }, { action: address("choice", { step: "number" }), isAgain: false });
  };

  const announce = async (request: VoiceRequest, called: CalledNumber, phone: string): Promise<string> => {
    const promised = await promise(request, called, phone);
    const own = readCallerNumber(request.fields.get("From") ?? undefined);
    const isOwn = own.kind === "callable" && own.phone === phone;
    return answers.announcePromise(
      { language: called.language, company: called.company.name },
      {
        when: whenOf(promised, called),
        isNew: promised.isNew,
        action: address("choice", { number: isOwn ? undefined : phone }),
        hasEmergency: emergencyOf(called) !== undefined,
      },
    );
  };

  const takeNumber: VoiceStep = async (request, called) => {
    const given = readCallerNumber(request.fields.get("Digits") ?? request.fields.get("SpeechResult") ?? undefined);
    if (given.kind === "callable") return await announce(request, called, given.phone);
    if (request.query.has("again")) return answers.sayGoodbye(message("voice.no-number"), called.language);
    const action = address("choice", { step: "number", again: "1" });
    return answers.askNumber({ language: called.language, company: called.company.name }, { action, isAgain: true });
  };

  return {
    handOver,
    voice: async (request, called) => handOver(called) ?? (await offer(request, called)),

    "after-dial": async (request, called) => {
      const status = request.fields.get("DialCallStatus") ?? "";
      if (wasTaken(status)) {
        await countRetell(gateway);
        return answers.endCall();
      }
      const rangMs = clock.now() - Number(request.query.get("at") ?? "0");
      // Hung up by the caller while it rang: early, it says nothing about Retell and asks for nothing.
      if (status === "canceled" && rangMs < patienceMs) return answers.endCall();
      await countRetell(gateway, new RetellDidNotAnswer(status));
      gateway.report({ kind: "retell-not-answering", companyId: called.company.companyId, subject: called.number, data: { status } });
      return await offer(request, called);
    },

    fallback: async (request, called) => {
      const errorCode = (request.fields.get("ErrorCode") ?? "").slice(0, 10);
      gateway.report({ kind: "voice-fallback-used", companyId: called.company.companyId, subject: called.number, data: { errorCode } });
      return await offer(request, called);
    },

    choice: async (request, called) => {
      if (request.query.get("step") === "number") return await takeNumber(request, called);
      const { caller, language, company } = called;
      if (caller.kind !== "callable") return answers.sayGoodbye(message("voice.no-number"), language);
      const digits = request.fields.get("Digits") ?? "";
      const emergency = emergencyOf(called);
      if (digits === "1") return answers.askConsent(language, address("recording-consent", { number: carried(request) }));
      if (digits === "2" && emergency !== undefined) return answers.connectEmergency(language, emergency);
      if (digits === "9") {
        await desk.withdraw(company.companyId, caller.phone, request.callSid);
        return answers.sayGoodbye(message("voice.withdrawn"), language);
      }
      const said = request.fields.get("SpeechResult") ?? "";
      const promised = await promise(request, called, caller.phone, said === "" ? {} : { wish: said });
      const when = whenOf(promised, called);
      return answers.sayGoodbye(said === "" ? message("voice.goodbye", { when }) : message("voice.wish-noted", { when }), language);
    },

    "recording-consent": async (request, { language }) => {
      if (!hasConsented(request.fields)) return answers.sayGoodbye(message("voice.no-consent"), language);
      return answers.recordMessage(language, address("recorded", { number: carried(request), consent: "given" }));
    },

    recorded: async (request, called) => {
      const { caller, language } = called;
      if (caller.kind !== "callable") return answers.sayGoodbye(message("voice.no-number"), language);
      const sid = /^RE[0-9a-fA-F]{32}$/.exec(request.fields.get("RecordingSid") ?? "")?.[0];
      // Without the mark we put there after the consent, a recording is not ours to keep.
      const isAllowed = sid !== undefined && request.query.get("consent") === "given";
      const promised = await promise(request, called, caller.phone, isAllowed ? { recordingSid: sid } : {});
      return answers.sayGoodbye(message("voice.wish-noted", { when: whenOf(promised, called) }), language);
    },
  };
}

/** Where Retell takes calls for a number: `sip:sip.retellai.com;transport=tcp` gets the number put in, a full address stays. */
export function retellAddress(configured: string | undefined, number: string): string | undefined {
  if (configured === undefined || configured === "") return undefined;
  if (configured.includes("@")) return configured;
  const [, scheme = "sip:", host = ""] = /^(sips?:)?(.*)$/.exec(configured) ?? [];
  return `${scheme}${number}@${host}`;
}

/** Somebody at the other end took the call (Twilio, `<Dial>` action: DialCallStatus). */
export function wasTaken(dialCallStatus: string): boolean {
  return dialCallStatus === "completed" || dialCallStatus === "answered";
}

/** Its code makes the breaker count it against Retell. */
class RetellDidNotAnswer extends Failure {
  constructor(status: string) {
    super("vendor-unreachable", message("voice.retell-not-answering", { status }), message("voice.retell-not-answering-next"));
  }
}

/** What a call to Retell's telephone side showed, counted like a call to its interface. */
async function countRetell({ breakers }: Gateway, fault?: RetellDidNotAnswer): Promise<void> {
  const work = async (): Promise<void> => {
    if (fault !== undefined) throw fault;
  };
  try {
    await breakers.run("retell", work, AbortSignal.timeout(seconds(1)));
  } catch (error) {
    if (error !== fault && !(error instanceof BreakerOpen)) throw error;
  }
}

/** The number a caller without one gave us, on to the next step. */
function carried({ query }: VoiceRequest): string | undefined {
  return query.get("number") ?? undefined;
}

function hasConsented(fields: URLSearchParams): boolean {
  const said = (fields.get("SpeechResult") ?? "").toLowerCase();
  if (/\b(nein|nicht|kein|no|not)\b/.test(said)) return false;
  return fields.get("Digits") === "1" || /\b(ja|jawohl|gerne?|einverstanden|okay|ok|yes|sure)\b/.test(said);
}
