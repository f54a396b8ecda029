import type { Clock } from "../../../kernel/clock.ts";
import type { SentWebhook, WebhookSender } from "../webhook-sender.ts";
import { retellHeaders, type RetellPost } from "./retell-webhooks.ts";
import type { RetellCall } from "./retell-state.ts";

/** What happens in a call, in order. The agent speaks the `message` of what a function answers. */
export type ScriptStep =
  | { readonly user: string }
  | { readonly agent: string }
  | { readonly waitMs: number }
  | {
      readonly call: string;
      readonly args?: Readonly<Record<string, unknown>> | ((earlier: readonly FunctionCall[]) => Readonly<Record<string, unknown>>);
    };

/** One custom function as it went; `result` is the parsed answer, `spoken` what the person heard of it. */
export type FunctionCall = {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly webhook: SentWebhook;
  readonly status: number;
  readonly result: unknown;
  readonly spoken: string;
  readonly tookMs: number;
};

export type ConversationPlan = {
  readonly clock: Clock;
  readonly sender: WebhookSender;
  readonly post: RetellPost;
  readonly functionUrl: string | undefined;
  readonly functionTimeoutMs: number;
  /** 0 to 5; the vendor's default is 0. */
  readonly functionRetries: number;
  /** A reason to end now, looked for between two steps. */
  interruption(): string | undefined;
};

export type Conversation = {
  readonly heard: readonly string[];
  readonly functions: readonly FunctionCall[];
  /** A `disconnection_reason` of Retell. */
  readonly endedBy: string;
};

/** What an agent says when a function brings no answer; every prompt has such a sentence. */
export const apology = "Entschuldigung, das hat gerade nicht geklappt.";

const longestAnswer = 15_000;

/** Plays a script between a person and the agent; `hangUpAfter` sentences heard, the person is gone. */
export async function converse(
  call: RetellCall,
  script: readonly ScriptStep[],
  plan: ConversationPlan,
  hangUpAfter = Infinity,
): Promise<Conversation> {
  const heard: string[] = [];
  const functions: FunctionCall[] = [];
  const turns: { role: "agent" | "user"; content: string }[] = [];
  const tools: Record<string, unknown>[] = [];
  const speak = (text: string): void => {
    heard.push(text);
    turns.push({ role: "agent", content: text });
  };
  let endedBy = "agent_hangup";
  for (const step of script) {
    if (heard.length >= hangUpAfter) break;
    const interrupted = plan.interruption();
    if (interrupted !== undefined) {
      endedBy = interrupted;
      break;
    }
    if ("user" in step) turns.push({ role: "user", content: step.user });
    else if ("agent" in step) speak(step.agent);
    else if ("waitMs" in step) await plan.clock.sleep(step.waitMs);
    else {
      const args = typeof step.args === "function" ? step.args(functions) : (step.args ?? {});
      const done = await callFunction(step.call, args, call, plan);
      functions.push(done);
      tools.push(
        { role: "tool_call_invocation", name: step.call, arguments: JSON.stringify(args) },
        { role: "tool_call_result", content: done.spoken },
      );
      speak(done.spoken);
    }
  }
  if (heard.length >= hangUpAfter) endedBy = "user_hangup";
  call.transcript = turns.map(({ role, content }) => `${role === "agent" ? "Agent" : "User"}: ${content}`).join("\n");
  call.transcript_object = turns;
  call.transcript_with_tool_calls = [...turns, ...tools];
  return { heard, functions, endedBy };
}

async function callFunction(
  name: string,
  args: Readonly<Record<string, unknown>>,
  call: RetellCall,
  plan: ConversationPlan,
): Promise<FunctionCall> {
  if (plan.functionUrl === undefined) throw new Error(`the agent has no URL for its function ${name}`);
  const body = JSON.stringify({ name, call, args });
  const startedMs = plan.clock.monotonicMs();
  const webhook = await plan.sender.ask({
    url: fillUrl(plan.functionUrl, { ...call.retell_llm_dynamic_variables, name }),
    event: `function:${name}`,
    body,
    headers: retellHeaders(body, plan.post),
    timeoutMs: plan.functionTimeoutMs,
    retryWaitsMs: Array.from({ length: plan.functionRetries }, () => 50),
  });
  const last = webhook.attempts.at(-1);
  const answer = webhook.isDelivered ? (last?.body ?? "").slice(0, longestAnswer) : "";
  const result = webhook.isDelivered ? parseAnswer(answer) : undefined;
  const tookMs = plan.clock.monotonicMs() - startedMs;
  return { name, args, webhook, status: last?.status ?? 0, result, spoken: spokenOf(result, answer), tookMs };
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function spokenOf(result: unknown, text: string): string {
  if (typeof result === "string" && result !== "") return result;
  const message = (result as { message?: unknown } | null | undefined)?.message;
  return typeof message === "string" && message !== "" ? message : text === "" ? apology : text;
}

/** `{{name}}` in a URL stands for a dynamic variable of the call. */
export function fillUrl(url: string, variables: Readonly<Record<string, string>>): string {
  return url.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => variables[name] ?? whole);
}
