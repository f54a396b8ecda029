import { expect, test } from "vitest";
import { z } from "zod";
import { NetworkFault } from "../../integrations/http-client-fault.ts";
import { Failure } from "../../kernel/failure.ts";
import { verbatim } from "../../kernel/message.ts";
import { BreakerOpen } from "./breakers.ts";
import { judgeCall, nameFault, type CallEnd } from "./judge-call.ts";

const status = (code: number): Error => Object.assign(new Error(`HTTP ${code}`), { status: code });
const refused = (code: number): Error =>
  Object.assign(new Failure("vendor-refused", verbatim("no"), verbatim("next")), { httpStatus: code });
const system = (code: string): Error => Object.assign(new Error(code), { code, syscall: "connect" });
const databaseGone = (): Error => {
  const error = system("ECONNREFUSED");
  error.stack = "Error: connect ECONNREFUSED\n    at /srv/ampel/node_modules/pg-pool/index.js:45:11";
  return error;
};
const badShape = z.object({ id: z.number() }).safeParse({}).error;

test.each<[what: string, end: CallEnd, verdict: string]>([
  ["a reply of 200", { reply: { status: 200 } }, "ok"],
  ["any other value", { reply: [1, 2] }, "ok"],
  ["nothing", { reply: undefined }, "ok"],
  ["a reply of 500", { reply: { status: 500 } }, "failed"],
  ["a redirect where none belongs", { reply: { status: 302 } }, "failed"],
  ["a request that took them too long", { reply: { status: 408 } }, "failed"],
  ["a slot that is taken", { reply: { status: 409 } }, "ours"],
  ["too many requests", { reply: { status: 429 } }, "ours"],
  ["a refused key", { error: status(401) }, "ours"],
  ["an unpaid bill", { error: refused(402) }, "ours"],
  ["a bad gateway", { error: status(502) }, "failed"],
  ["a yes that was none", { error: status(200) }, "failed"],
  ["a client that says unreachable", { error: new Failure("vendor-unreachable", verbatim("gone"), verbatim("next")) }, "failed"],
  ["nobody listens there", { error: new NetworkFault("connect", "ECONNREFUSED", "api.cal.com") }, "failed"],
  ["a name they do not have", { error: new NetworkFault("lookup", "ENOTFOUND", "api.cal.com") }, "failed"],
  ["our resolver is silent", { error: new NetworkFault("lookup", "EAI_AGAIN", "api.cal.com") }, "ours"],
  ["we have no route", { error: new NetworkFault("connect", "ENETUNREACH", "api.cal.com") }, "ours"],
  ["we have no sockets left", { error: new NetworkFault("connect", "EMFILE", "api.cal.com") }, "ours"],
  ["the same below a fetch", { error: new TypeError("fetch failed", { cause: system("ENETUNREACH") }) }, "ours"],
  ["a reset below a fetch", { error: new TypeError("fetch failed", { cause: system("ECONNRESET") }) }, "failed"],
  ["our database is gone", { error: databaseGone() }, "ours"],
  ["no answer until the deadline", { error: new DOMException("too late", "TimeoutError") }, "failed"],
  ["the caller hung up at once", { error: new DOMException("gone", "AbortError") }, "ours"],
  ["HTML instead of JSON", { error: new SyntaxError("Unexpected token <") }, "failed"],
  ["JSON of another shape", { error: badShape }, "failed"],
  ["a bug of ours", { error: new RangeError("no") }, "ours"],
  ["another breaker below", { error: new BreakerOpen("retell", "open") }, "ours"],
  ["something thrown that is no error", { error: "no" }, "ours"],
])("%s", (_, end, verdict) => {
  expect(judgeCall(end, 10, 2000)).toBe(verdict);
});

test("what takes too long is slow, also for a caller who gave up after that; a failure stays a failure", () => {
  expect(judgeCall({ reply: { status: 200 } }, 2001, 2000)).toBe("slow");
  expect(judgeCall({ error: new DOMException("gone", "AbortError") }, 2001, 2000)).toBe("slow");
  expect(judgeCall({ error: status(503) }, 2001, 2000)).toBe("failed");
  expect(judgeCall({ reply: { status: 422 } }, 2001, 2000)).toBe("ours");
});

test("the record names the fault and never what was said", () => {
  expect(nameFault({ error: new NetworkFault("connect", "ECONNREFUSED", "api.cal.com") })).toBe("connect ECONNREFUSED");
  expect(nameFault({ error: status(502) })).toBe("HTTP 502");
  expect(nameFault({ error: new Error("Frau Mustermann, +49 30 123456") })).toBe("Error");
  expect(nameFault({ reply: { status: 503, body: "secret" } })).toBe("HTTP 503");
});
