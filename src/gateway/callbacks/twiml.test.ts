import fc from "fast-check";
import { expect, test } from "vitest";
import twilio from "twilio";
import { dialNumber, dialSip, gather, hangUp, record, speak, twiml } from "./twiml.ts";

const { VoiceResponse } = twilio.twiml;

test("documents are those of the carrier's own library, to the byte", () => {
  const theirs = new VoiceResponse();
  const gathered = theirs.gather({
    input: ["dtmf", "speech"],
    action: "https://gw.example.test/twilio/choice?step=number&again=1",
    method: "POST",
    language: "de-DE",
    numDigits: 1,
    timeout: 5,
    speechTimeout: "auto",
  });
  gathered.say({ language: "de-DE", voice: "Polly.Vicki-Neural" }, "Grüße & <Küsse>");
  theirs
    .dial({ answerOnBridge: true, timeout: 15, action: "https://gw.example.test/twilio/after-dial", method: "POST" })
    .sip("sip:+4930901820001@sip.retellai.com;transport=tcp");
  theirs.dial({ timeout: 30 }).number("+4930901820002");
  theirs.record({ action: "/twilio/recorded", method: "POST", maxLength: 120, finishOnKey: "#", playBeep: true, trim: "trim-silence" });
  theirs.say({ language: "en-GB", voice: "Polly.Amy-Neural" }, "Goodbye");
  theirs.hangup();
  const ours = twiml(
    gather(
      { action: "https://gw.example.test/twilio/choice?step=number&again=1", language: "de", isSpeech: true, digits: 1 },
      speak("Grüße & <Küsse>", "de"),
    ),
    dialSip("sip:+4930901820001@sip.retellai.com;transport=tcp", { action: "https://gw.example.test/twilio/after-dial", timeoutS: 15 }),
    dialNumber("+4930901820002", { timeoutS: 30 }),
    record({ action: "/twilio/recorded", maxLengthS: 120 }),
    speak("Goodbye", "en"),
    hangUp(),
  );
  expect(ours).toBe(theirs.toString());
});

test("an empty document is theirs as well", () => {
  expect(twiml()).toBe(new VoiceResponse().toString());
});

test("no text breaks out of its element, and none holds what XML does not know", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const document = twiml(speak(`x${text}`, "de"), dialSip(`x${text}`, { action: `x${text}`, timeoutS: 1 }));
      const tags = document.match(/<[^>]*>/g)?.map((tag) => /^<[?/]?\w+/.exec(tag)?.[0]);
      expect(tags).toEqual(["<?xml", "<Response", "<Say", "</Say", "<Dial", "<Sip", "</Sip", "</Dial", "</Response"]);
      expect(document).not.toMatch(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/);
      expect(document.isWellFormed()).toBe(true);
    }),
  );
});
