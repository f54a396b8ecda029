import { Hono, type Context } from "hono";
import { Failure } from "../../kernel/failure.ts";
import { message } from "../../kernel/message.ts";
import type { Gateway } from "../gateway.ts";
import type { OpenCallbackDesk } from "./open-callback-desk.ts";
import { twimlType } from "./twiml.ts";
import { endCall, sayGoodbye } from "./voice-answers.ts";
import { readVoiceRequest, type VoiceRequest } from "./voice-request.ts";
import { openVoiceSteps, voiceStepNames, wasTaken, type VoiceStepName } from "./voice-steps.ts";

/**
 * What the carrier asks when somebody calls. `/twilio/voice` hands the call to Retell, or promises a callback when Retell is
 * known to be down; `/twilio/after-dial` promises one when Retell did not take it; `/twilio/fallback` is for the carrier's
 * VoiceFallbackUrl. A callback is durably kept before its announcement is answered, since callers hang up during it.
 *
 * A request that is not verified may come from anybody, or from the carrier after a key was changed. It is handed to Retell
 * like any other, because that takes and tells nothing; nothing is promised to it, nobody is dialled for it, and where a
 * promise would have been due it is kept in quarantine: released from there it becomes a callback.
 */
export function voiceRoutes(gateway: Gateway, { desk }: { readonly desk: OpenCallbackDesk }): Hono {
  const app = new Hono();
  const steps = openVoiceSteps(gateway, desk);

  const decideAnswer = async (name: VoiceStepName, request: VoiceRequest): Promise<string> => {
    const { called, fields } = request;
    if (!request.isVerified) {
      gateway.report({ kind: "unverified-call", subject: name });
      const handedOver = name === "voice" && called !== undefined ? steps.handOver(called) : undefined;
      if (handedOver !== undefined) return handedOver;
      if (name === "after-dial" && wasTaken(fields.get("DialCallStatus") ?? "")) return endCall();
      await gateway.keep(request.delivery);
      return sayGoodbye(message("voice.cannot-take"), called?.language ?? gateway.language);
    }
    if (called !== undefined) return await steps[name](request, called);
    // Kept all the same: our own list of numbers may be what is wrong.
    await gateway.keep(request.delivery);
    const subject = (fields.get("To") ?? "").slice(0, 20);
    gateway.report({ kind: "unknown-number", subject, data: { hasDirectory: gateway.directory.asOf > 0 } });
    return sayGoodbye(message("voice.unknown-number"), gateway.language);
  };

  for (const name of voiceStepNames) {
    app.post(`/twilio/${name}`, async (context) => {
      const request = await readVoiceRequest(context, gateway, name);
      if (request === undefined) return context.body(null, 413);
      try {
        return answerTwiml(context, await decideAnswer(name, request));
      } catch (error) {
        if (!isSpoolFailure(error)) throw error;
        gateway.report({ kind: "wish-not-kept", subject: name });
        // Neither place took it, so nothing may be promised. The carrier turns to its fallback address, which stands elsewhere.
        if (name !== "fallback") return tryLater(context);
        return answerTwiml(context, sayGoodbye(message("voice.cannot-take"), request.called?.language ?? gateway.language));
      }
    });
  }

  app.post("/twilio/status", async (context) => {
    const request = await readVoiceRequest(context, gateway, "status");
    if (request === undefined) return context.body(null, 413);
    try {
      await gateway.keep(request.delivery);
      return context.body(null, 204);
    } catch (error) {
      if (!isSpoolFailure(error)) throw error;
      return tryLater(context);
    }
  });
  return app;
}

function answerTwiml(context: Context, document: string): Response {
  return context.body(document, 200, { "content-type": twimlType });
}

function tryLater(context: Context): Response {
  return context.body(null, 503, { "retry-after": "5" });
}

function isSpoolFailure(error: unknown): boolean {
  return error instanceof Failure && error.code === "spool-failed";
}
