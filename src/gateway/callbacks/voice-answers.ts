import { message, say, verbatim, type Language, type Message } from "../../kernel/message.ts";
import { dialNumber, dialSip, gather, hangUp, record, speak, twiml } from "./twiml.ts";

/** What a caller hears. Pure: every answer is a whole TwiML document that ends the call by itself if nothing is pressed. */
export type Announcement = { readonly language: Language; readonly company: string };

const ringSeconds = 15;
const emergencyRingSeconds = 30;
const longestMessageSeconds = 120;

export function handOver(address: string, action: string): string {
  return twiml(dialSip(address, { action, timeoutS: ringSeconds }));
}

/** The promise is kept already when this is played: whoever hangs up during it is called back as well. */
export function announcePromise(
  { language, company }: Announcement,
  { when, isNew, action, hasEmergency }: { when: Message; isNew: boolean; action: string; hasEmergency: boolean },
): string {
  const spoken = [
    message(isNew ? "voice.promise" : "voice.promise-again", { company: verbatim(company), when }),
    ...(hasEmergency ? [message("voice.offer-emergency")] : []),
    message("voice.ask-wish"),
  ];
  return twiml(
    gather({ action, language, isSpeech: true, digits: 1 }, ...spoken.map((text) => speak(say(text, language), language))),
    speak(say(message("voice.goodbye", { when }), language), language),
    hangUp(),
  );
}

export function askNumber({ language, company }: Announcement, { action, isAgain }: { action: string; isAgain: boolean }): string {
  const question = isAgain ? message("voice.ask-number-again") : message("voice.ask-number", { company: verbatim(company) });
  return twiml(
    gather({ action, language, isSpeech: true, finishOnKey: "#", timeoutS: 10 }, speak(say(question, language), language)),
    speak(say(message("voice.no-number"), language), language),
    hangUp(),
  );
}

export function askConsent(language: Language, action: string): string {
  return twiml(
    gather({ action, language, isSpeech: true, digits: 1, timeoutS: 6 }, speak(say(message("voice.ask-consent"), language), language)),
    speak(say(message("voice.no-consent"), language), language),
    hangUp(),
  );
}

export function recordMessage(language: Language, action: string): string {
  return twiml(
    speak(say(message("voice.record-now"), language), language),
    record({ action, maxLengthS: longestMessageSeconds }),
    hangUp(),
  );
}

export function connectEmergency(language: Language, number: string): string {
  return twiml(
    speak(say(message("voice.connecting"), language), language),
    dialNumber(number, { timeoutS: emergencyRingSeconds }),
    speak(say(message("voice.not-connected"), language), language),
    hangUp(),
  );
}

/** One sentence, then the end. */
export function sayGoodbye(text: Message, language: Language): string {
  return twiml(speak(say(text, language), language), hangUp());
}

export function endCall(): string {
  return twiml(hangUp());
}
