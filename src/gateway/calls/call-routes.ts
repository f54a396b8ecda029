import { Hono, type Context } from "hono";
import { message, say } from "../../kernel/message.ts";
import { composeDelivery } from "../accept/describe-delivery.ts";
import { sourceOf } from "../accept/request-source.ts";
import type { Verification } from "../accept/verification.ts";
import { publicAddress, verifyRequest } from "../accept/verify-request.ts";
import type { Gateway } from "../gateway.ts";
import { answerFunction, syntheticPrefix } from "./answer-function.ts";
import type { Desks } from "./caller.ts";
import { readFunctionCall } from "./function-call.ts";
import { answerInbound } from "./inbound.ts";
import { readBounded } from "../accept/read-bounded.ts";
import { openToolCallLog, type ToolCallLog } from "./tool-call-log.ts";

/** A call object with its whole transcript; Retell's own answers are bounded at 15,000 characters. */
const longestBody = 2 * 1024 * 1024;

export const inboundPath = "/retell/inbound";
export const functionsPath = "/retell/functions";

/**
 * What callers wait for: `POST /retell/inbound` and `POST /retell/functions[/NAME]`. Both are answered from what is in
 * memory or within the deadline, and a function that cannot be proven to come from Retell gets a sentence and no data.
 */
export function callRoutes(gateway: Gateway, desks: Desks, log: ToolCallLog = openToolCallLog(gateway)): Hono {
  const routes = new Hono();
  routes.post(inboundPath, async (context) => await takeInbound(gateway, context));
  const take = async (context: Context): Promise<Response> => await takeFunction(gateway, desks, log, context);
  routes.post(functionsPath, take);
  routes.post(`${functionsPath}/:name`, take);
  return routes;
}

async function takeInbound(gateway: Gateway, context: Context): Promise<Response> {
  const received = await receive(gateway, context);
  if (received === undefined) return context.json({ error: "too long" }, 413);
  const { body, verification, headers, path } = received;
  const answer = answerInbound(gateway, body, verification.verdict === "verified");
  // The caller hears it ring: kept in the background, because this event is worth something only while it rings.
  const sourceAddress = sourceOf(context.env);
  const delivery = composeDelivery(
    {
      ...(sourceAddress === undefined ? {} : { sourceAddress }),
      provider: "retell",
      method: "POST",
      url: publicAddress(gateway.settings.publicUrl, path),
      headers,
      body,
      receivedAt: gateway.clock.now(),
      source: "live",
      path,
    },
    verification,
  );
  gateway.keep(delivery).catch(() => gateway.report({ kind: "inbound-not-kept", subject: "call_inbound" }));
  return context.json(answer);
}

async function takeFunction(gateway: Gateway, desks: Desks, log: ToolCallLog, context: Context): Promise<Response> {
  const startedMs = gateway.clock.monotonicMs();
  const received = await receive(gateway, context);
  const refusal = { success: false, outcome: "refused", message: say(message("calls.say-unknown-company"), gateway.language) };
  if (received === undefined) return context.json(refusal, 413);
  const { body, verification } = received;
  if (verification.verdict !== "verified") {
    gateway.report({ kind: "function-unverified", subject: verification.verdict });
    return context.json(refusal, 401);
  }
  const call = readFunctionCall(body, context.req.param("name"));
  if (call === undefined) {
    gateway.report({ kind: "unknown-shape", subject: "function call" });
    return context.json(refusal);
  }
  const { answer, companyId } = await answerFunction(gateway, desks, call);
  if (companyId !== undefined && call.callId?.startsWith(syntheticPrefix) !== true) {
    log.add({
      companyId,
      callId: call.callId ?? "",
      name: call.name.slice(0, 80),
      at: gateway.clock.now(),
      durationMs: Math.round(gateway.clock.monotonicMs() - startedMs),
      outcome: answer.outcome,
      ...(call.agentId === undefined ? {} : { agentId: call.agentId }),
      ...(call.agentVersion === undefined ? {} : { agentVersion: call.agentVersion }),
    });
  }
  return context.json(answer);
}

type Received = {
  readonly body: Buffer;
  readonly headers: Record<string, string>;
  readonly path: string;
  readonly verification: Verification;
};

/** `undefined` when the body is longer than anything Retell sends. Verified at the moment of receipt, over the raw bytes. */
async function receive(gateway: Gateway, context: Context): Promise<Received | undefined> {
  const body = await readBounded(context, longestBody);
  if (body === undefined) return undefined;
  const { pathname, search } = new URL(context.req.url);
  const path = pathname + search;
  const headers = context.req.header();
  const signed = { url: publicAddress(gateway.settings.publicUrl, path), headers, body };
  return { body, headers, path, verification: verifyRequest("retell", signed, gateway.settings, gateway.clock.now()) };
}
