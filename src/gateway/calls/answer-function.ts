import { seconds } from "../../kernel/clock.ts";
import { message, say } from "../../kernel/message.ts";
import { readCallerNumber } from "../callbacks/phone.ts";
import { resolveCompany } from "../companies/resolve-company.ts";
import type { Gateway } from "../gateway.ts";
import { agentFunctions } from "./agent-functions.ts";
import type { AgentFunction, Answer, Caller, Desks } from "./caller.ts";
import { languageOf } from "./company-day.ts";
import type { FunctionCall } from "./function-call.ts";
import { promiseCallback } from "./functions/callback.ts";
import type { ToolOutcome } from "./tool-outcome.ts";
import { faultName } from "./fault-name.ts";

/** What goes back to the agent. `message` is spoken; `success` false never means that something was booked. */
export type SpokenAnswer = { readonly success: boolean; readonly message: string; readonly outcome: ToolOutcome } & Readonly<
  Record<string, unknown>
>;

/** The answer and, for the record, whose call it was. */
export type Answered = { readonly answer: SpokenAnswer; readonly companyId: string | undefined };

/** Call ids of our own checks begin like this; Retell's begin with `call_`. The body that carries one is signed all the same. */
export const syntheticPrefix = "ampel-synthetic-";

/** Kept back from the deadline, so that a wish can still be written down after a function has failed. */
const reserveMs = seconds(1.5);

/** The answer to one verified function call. Never throws and is never later than the deadline. */
export async function answerFunction(gateway: Gateway, desks: Desks, call: FunctionCall): Promise<Answered> {
  const ownNumber = call.direction === "outbound" ? call.fromNumber : call.toNumber;
  const found = resolveCompany(gateway.directory, { toNumber: ownNumber, agentId: call.agentId });
  const company = found.companyId === undefined ? undefined : gateway.directory.company(found.companyId);
  if (found.companyId === undefined || company === undefined) {
    if (found.companyId === undefined) gateway.report({ kind: found.why, subject: call.agentId ?? call.name });
    return { answer: spoken(say(message("calls.say-unknown-company"), gateway.language), "refused"), companyId: undefined };
  }
  const { companyId } = company;
  const other = readCallerNumber(call.direction === "outbound" ? call.toNumber : call.fromNumber);
  const caller: Caller = {
    gateway,
    desks,
    company,
    branch: company.branches.find(({ branchId }) => branchId === found.branchId),
    call,
    language: languageOf(company),
    phone: other.kind === "callable" ? other.phone : undefined,
    now: gateway.clock.now(),
    isSynthetic: call.callId?.startsWith(syntheticPrefix) ?? false,
  };
  const known = agentFunctions.get(call.name);
  if (call.hasWrongCallId) gateway.report({ kind: "wrong-call-id", companyId, subject: call.agentId ?? call.name });
  if (known === undefined) {
    gateway.report({ kind: "unknown-function", companyId, subject: call.name.slice(0, 80), ...agentData(call) });
    return {
      answer: speak(caller, { isSuccess: false, outcome: "unknown-function", text: message("calls.say-unknown-function") }),
      companyId,
    };
  }
  if (call.callId === undefined) gateway.report({ kind: "placeholder-call-id", companyId, subject: call.agentId ?? call.name });
  // Without a call's own id two callers' wishes could be taken for one; a check of ours changes nothing.
  if (known.isChanging && (call.callId === undefined || caller.isSynthetic)) {
    return {
      answer: speak(caller, { isSuccess: false, outcome: "placeholder-call-id", text: message("calls.say-not-possible") }),
      companyId,
    };
  }
  return { answer: await runInTime(caller, known), companyId };
}

async function runInTime(caller: Caller, known: AgentFunction): Promise<SpokenAnswer> {
  const { clock, settings } = caller.gateway;
  const deadlineMs = settings.functionDeadline;
  const startedMs = clock.monotonicMs();
  const answer = await run(caller, known, Math.max(deadlineMs - reserveMs, deadlineMs / 2));
  if (answer.isSuccess || !needsPerson.has(answer.outcome)) return speak(caller, answer);
  const leftMs = Math.max(deadlineMs - (clock.monotonicMs() - startedMs) - 100, 50);
  return speak(caller, await withCallback(caller, answer, known, leftMs));
}

const needsPerson: ReadonlySet<ToolOutcome> = new Set(["deadline", "failed", "unavailable"]);

async function run(caller: Caller, known: AgentFunction, limitMs: number): Promise<Answer> {
  try {
    return await within(limitMs, (signal) => known.run(caller, signal));
  } catch (error) {
    const isLate = error instanceof DeadlineOver;
    report(caller, isLate ? "function-late" : "function-failed", error);
    return { ...known.onFailure(caller), isSuccess: false, outcome: isLate ? "deadline" : "failed" };
  }
}

/** A wish that could not be fulfilled is written down before the caller hears of it; else a callback is offered. */
async function withCallback(caller: Caller, answer: Answer, known: AgentFunction, leftMs: number): Promise<Answer> {
  const { callback, text } = answer;
  // Offering what has just failed would be no help.
  if (known.action === "callback" || caller.isSynthetic) return answer;
  const offered = { ...answer, text: message("calls.sentences", { first: text, second: message("calls.say-callback-offer") }) };
  if (callback === undefined) return offered;
  try {
    const promised = await within(leftMs, () => promiseCallback(caller, callback));
    if (promised === undefined) return offered;
    return {
      ...answer,
      text: message("calls.sentences", { first: text, second: promised.text }),
      data: { ...answer.data, ...promised.data },
    };
  } catch (error) {
    report(caller, "callback-not-kept", error);
    return offered;
  }
}

function report({ gateway, company, call }: Caller, kind: string, error: unknown): void {
  gateway.report({ kind, companyId: company.companyId, subject: call.name, data: { error: faultName(error) } });
}

/** Retell cuts an answer at 15,000 characters, in the middle of whatever stands there. */
const longestAnswer = 14_000;

function speak(caller: Caller, { isSuccess, outcome, text, data = {} }: Answer): SpokenAnswer {
  const sentence = say(text, caller.language);
  const answer = { ...data, success: isSuccess, message: sentence, outcome };
  return JSON.stringify(answer).length <= longestAnswer ? answer : spoken(sentence.slice(0, 2000), outcome, isSuccess);
}

function spoken(sentence: string, outcome: ToolOutcome, isSuccess = false): SpokenAnswer {
  return { success: isSuccess, message: sentence, outcome };
}

class DeadlineOver extends Error {}

/** The work's value, or `DeadlineOver` at the limit, whether or not the work heeds its signal. */
async function within<Value>(limitMs: number, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const giveUp = new AbortController();
  const { promise: limit, reject } = Promise.withResolvers<never>();
  // Not the clock's sleep: ending that makes an error with a stack, for every call of every caller.
  const timer = setTimeout(() => reject(new DeadlineOver("deadline")), limitMs);
  const working = work(giveUp.signal);
  working.catch(() => {}); // it may fail long after nobody waits any more
  try {
    return await Promise.race([working, limit]);
  } catch (error) {
    // Told to stop only now: an answer that is made up because of the signal must not win the race.
    if (error instanceof DeadlineOver) giveUp.abort(error);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function agentData({ agentId, agentVersion }: FunctionCall): { data?: Record<string, string | number> } {
  if (agentId === undefined) return {};
  return { data: { agent: agentId, ...(agentVersion === undefined ? {} : { version: agentVersion }) } };
}
