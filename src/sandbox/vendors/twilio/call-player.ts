import { parseTwiml, TwimlError, type TwimlElement } from "./twiml.ts";
import type { VoiceRequest } from "./voice-request.ts";

/** What the person at the other end does when asked: keys, words, or nothing. */
export type CallerAnswer = { readonly digits: string } | { readonly speech: string } | { readonly silence: true };

/** Where a `<Dial>` leads; `heard` is what was said there. */
export type DialResult = {
  readonly status: "completed" | "answered" | "busy" | "no-answer" | "failed" | "canceled";
  readonly heard?: readonly string[];
  readonly seconds?: number;
};

export type DialTarget = {
  readonly kind: "sip" | "number";
  readonly address: string;
  readonly callerId: string | undefined;
  readonly timeoutSeconds: number;
};

/** Addresses and documents still to come in a call. */
export type NextDocument = { readonly url: string; readonly method: "POST" | "GET"; readonly extra: Readonly<Record<string, string>> };

export type PlayerPlan = {
  readonly answers: readonly CallerAnswer[];
  /** After so many sentences heard the person is gone. */
  readonly hangUpAfter: number;
  /** Asks a URL of the customer with what is known of the call and `extra`. */
  ask(next: NextDocument): Promise<VoiceRequest>;
  readonly fallback: { readonly url: string; readonly method: "POST" | "GET" } | undefined;
  dial(target: DialTarget): Promise<DialResult>;
  /** @returns the parameters Twilio sends to the action */
  record(said: string, statusCallback: string | undefined): Readonly<Record<string, string>>;
  /** A redirect or an end ordered through the interface, looked for between two verbs. */
  order(): { readonly end: true } | { readonly next: NextDocument } | { readonly twiml: string } | undefined;
};

export type PlayedCall = {
  readonly heard: readonly string[];
  readonly requests: readonly VoiceRequest[];
  readonly dialled: readonly (DialTarget & DialResult)[];
  readonly endedBy: "caller" | "document" | "error" | "order" | "reject";
  /** Twilio's error codes, as in its debugger. */
  readonly errors: readonly number[];
};

/** What a caller hears when neither the URL nor the fallback gave a document. */
export const applicationError = "We are sorry, an application error has occurred. Goodbye.";

const germanVoice = /^(?:alice|man|woman|Polly\.(?:Vicki|Daniel|Hannah|Marlene|Hans)(?:-Neural|-Generative)?|Google\.de-DE-\S+)$/;
const mostDocuments = 50;

/** Plays documents to a person until somebody hangs up. */
export async function playCall(first: NextDocument | { readonly twiml: string }, plan: PlayerPlan): Promise<PlayedCall> {
  const heard: string[] = [];
  const requests: VoiceRequest[] = [];
  const dialled: (DialTarget & DialResult)[] = [];
  const errors: number[] = [];
  const answers = [...plan.answers];
  let current: NextDocument | undefined;

  type Turn = { go: NextDocument } | { end: PlayedCall["endedBy"] } | undefined;
  const isGone = (): boolean => heard.length >= plan.hangUpAfter;
  const say = (text: string): boolean => {
    heard.push(text);
    return isGone();
  };
  /** Without an action the document's own address is asked again, as at Twilio. */
  const follow = (element: TwimlElement, extra: Readonly<Record<string, string>>): Turn => {
    const base = current?.url ?? "http://twiml.invalid/";
    const action = element.attributes["action"];
    const url = action === undefined ? base : new URL(action, base).href;
    return { go: { url, method: element.attributes["method"] === "GET" ? "GET" : "POST", extra } };
  };

  const absolute = (address: string | undefined): string | undefined =>
    address === undefined ? undefined : new URL(address, current?.url).href;

  async function load(next: NextDocument): Promise<readonly TwimlElement[] | undefined> {
    const answer = await plan.ask(next);
    requests.push(answer);
    const [verbs, code] = readDocument(answer);
    if (verbs !== undefined) {
      current = next;
      return verbs;
    }
    errors.push(code);
    if (plan.fallback === undefined || plan.fallback.url === next.url) return undefined;
    return await load({ ...plan.fallback, extra: { ErrorCode: String(code), ErrorUrl: next.url } });
  }

  async function gather(element: TwimlElement): Promise<Turn> {
    for (const child of element.children) {
      const turn = await perform(child);
      if (turn !== undefined) return turn;
    }
    const answer = answers.shift() ?? { silence: true };
    const input = element.attributes["input"] ?? "dtmf";
    if ("digits" in answer && input.includes("dtmf")) {
      const end = element.attributes["finishOnKey"] ?? "#";
      const [typed = ""] = end === "" ? [answer.digits] : answer.digits.split(end);
      return follow(element, { Digits: typed.slice(0, Number(element.attributes["numDigits"] ?? Infinity)) });
    }
    if ("speech" in answer && input.includes("speech")) return follow(element, { SpeechResult: answer.speech, Confidence: "0.92" });
    return element.attributes["actionOnEmptyResult"] === "true" ? follow(element, { Digits: "" }) : undefined;
  }

  async function dial(element: TwimlElement): Promise<Turn> {
    const targets = element.children.filter(({ name }) => name === "Sip" || name === "Number");
    const addresses =
      targets.length > 0
        ? targets.map(({ name, text }) => ({ kind: name, address: text.trim() }))
        : [{ kind: "Number", address: element.text.trim() }];
    let result: DialResult = { status: "failed" };
    for (const { kind, address } of addresses) {
      const target: DialTarget = {
        kind: kind === "Sip" ? "sip" : "number",
        address,
        callerId: element.attributes["callerId"],
        timeoutSeconds: Number(element.attributes["timeout"] ?? 30),
      };
      result = await plan.dial(target);
      dialled.push({ ...target, ...result });
      heard.push(...(result.heard ?? []));
      if (result.status === "completed" || result.status === "answered") break;
    }
    if (isGone()) return { end: "caller" };
    const extra = { DialCallStatus: result.status, ...(result.seconds === undefined ? {} : { DialCallDuration: String(result.seconds) }) };
    return element.attributes["action"] === undefined ? undefined : follow(element, extra);
  }

  async function perform(element: TwimlElement): Promise<Turn> {
    switch (element.name) {
      case "Say": {
        const { language, voice } = element.attributes;
        if (language?.startsWith("de") === true && voice !== undefined && !germanVoice.test(voice)) {
          errors.push(13512);
          say(applicationError);
          return { end: "error" };
        }
        return say(element.text.replaceAll(/\s+/g, " ").trim()) ? { end: "caller" } : undefined;
      }
      case "Play":
        return say(`♪ ${element.text.trim()}`) ? { end: "caller" } : undefined;
      case "Gather":
        return await gather(element);
      case "Record": {
        const answer = answers.shift() ?? { silence: true };
        // Nothing was said: Twilio does not ask the action and goes on.
        return "speech" in answer
          ? follow(element, plan.record(answer.speech, absolute(element.attributes["recordingStatusCallback"])))
          : undefined;
      }
      case "Dial":
        return await dial(element);
      case "Redirect":
        return {
          go: {
            url: new URL(element.text.trim(), current?.url).href,
            method: element.attributes["method"] === "GET" ? "GET" : "POST",
            extra: {},
          },
        };
      case "Hangup":
        return { end: "document" };
      case "Reject":
        return { end: "reject" };
      default:
        return undefined; // Pause takes no time here; an unknown verb is a warning at Twilio
    }
  }

  const end = (endedBy: PlayedCall["endedBy"]): PlayedCall => ({ heard, requests, dialled, endedBy, errors });
  let verbs = "twiml" in first ? readDocument({ body: first.twiml, contentType: "text/xml" })[0] : await load(first);
  for (let documents = 0; documents < mostDocuments; documents += 1) {
    if (verbs === undefined) {
      heard.push(applicationError);
      return end("error");
    }
    let turn: Turn;
    for (const verb of verbs) {
      if (isGone()) return end("caller");
      const order = plan.order();
      if (order !== undefined && "end" in order) return end("order");
      turn = order === undefined ? await perform(verb) : "next" in order ? { go: order.next } : await playInline(order.twiml);
      if (turn !== undefined) break;
    }
    const late = plan.order();
    if (late !== undefined && "next" in late) turn = { go: late.next };
    if (turn === undefined) return end("document");
    if ("end" in turn) return end(turn.end);
    verbs = await load(turn.go);
  }
  return end("error");

  /** A document ordered in the middle of a call replaces the one that plays. */
  async function playInline(twiml: string): Promise<Turn> {
    for (const verb of readDocument({ body: twiml, contentType: "text/xml" })[0] ?? []) {
      const turn = await perform(verb);
      if (turn !== undefined) return turn;
    }
    return { end: "document" };
  }
}

/** The verbs of an answer, or Twilio's error code. */
function readDocument(
  answer: Pick<VoiceRequest, "body" | "contentType"> & { errorCode?: number },
): [readonly TwimlElement[] | undefined, number] {
  if (answer.errorCode !== undefined) return [undefined, answer.errorCode];
  const type = answer.contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "text/plain") return [[{ name: "Say", attributes: {}, children: [], text: answer.body }], 0];
  if (!["text/xml", "application/xml", "text/html"].includes(type)) return [undefined, 12_300];
  try {
    return [parseTwiml(answer.body), 0];
  } catch (error) {
    if (error instanceof TwimlError) return [undefined, 12_100];
    throw error;
  }
}
