import type { Language } from "../../kernel/message.ts";

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** One element of a TwiML document, rendered. */
export type Verb = { readonly xml: string };

/** A voice must fit its language, else `<Say>` fails (Twilio, TwiML voice: say). */
const voices = {
  de: { language: "de-DE", voice: "Polly.Vicki-Neural" },
  en: { language: "en-GB", voice: "Polly.Amy-Neural" },
} as const satisfies Record<Language, { language: string; voice: string }>;

export const twimlType = "text/xml; charset=utf-8";

export function twiml(...verbs: readonly Verb[]): string {
  const inner = verbs.map(({ xml }) => xml).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>${inner === "" ? "<Response/>" : `<Response>${inner}</Response>`}`;
}

export function speak(text: string, language: Language): Verb {
  return element("Say", voices[language], escapeXml(text));
}

/** Keys or speech; what is spoken inside can be interrupted. Without an answer the document goes on behind it. */
export function gather(
  options: { action: string; language: Language; isSpeech: boolean; digits?: number; finishOnKey?: string; timeoutS?: number },
  ...spoken: readonly Verb[]
): Verb {
  return element(
    "Gather",
    {
      input: options.isSpeech ? "dtmf speech" : "dtmf",
      action: options.action,
      method: "POST",
      language: voices[options.language].language,
      numDigits: options.digits,
      finishOnKey: options.finishOnKey,
      timeout: options.timeoutS ?? 5,
      speechTimeout: options.isSpeech ? "auto" : undefined,
    },
    spoken.map(({ xml }) => xml).join(""),
  );
}

/** Hands the call to an address; `answerOnBridge`: the caller hears ringing until somebody is there. */
export function dialSip(address: string, options: { action: string; timeoutS: number }): Verb {
  return element(
    "Dial",
    { answerOnBridge: true, timeout: options.timeoutS, action: options.action, method: "POST" },
    element("Sip", {}, escapeXml(address)).xml,
  );
}

export function dialNumber(number: string, options: { timeoutS: number }): Verb {
  return element("Dial", { timeout: options.timeoutS }, element("Number", {}, escapeXml(number)).xml);
}

export function record(options: { action: string; maxLengthS: number }): Verb {
  return element("Record", {
    action: options.action,
    method: "POST",
    maxLength: options.maxLengthS,
    finishOnKey: "#",
    playBeep: true,
    trim: "trim-silence",
  });
}

export function hangUp(): Verb {
  return element("Hangup", {});
}

function element(name: string, attributes: Attributes, inner = ""): Verb {
  const text = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join("");
  return { xml: inner === "" ? `<${name}${text}/>` : `<${name}${text}>${inner}</${name}>` };
}

/** Text for an element or an attribute; characters that XML 1.0 does not know at all are left out. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "")
    .replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };
