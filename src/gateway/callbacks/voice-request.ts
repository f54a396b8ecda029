import type { Context } from "hono";
import type { Language } from "../../kernel/message.ts";
import { composeDelivery } from "../accept/describe-delivery.ts";
import { readBounded } from "../accept/read-bounded.ts";
import { sourceOf } from "../accept/request-source.ts";
import { publicAddress, verifyRequest } from "../accept/verify-request.ts";
import type { Verification } from "../accept/verification.ts";
import type { KnownBranch, KnownCompany } from "../companies/directory.ts";
import type { Delivery } from "../delivery.ts";
import type { Gateway } from "../gateway.ts";
import { readCallerNumber, type CallerNumber } from "./phone.ts";

/** One request of the carrier about a call, as it came in and as it was judged at that moment. */
export type VoiceRequest = {
  readonly fields: URLSearchParams;
  /** Parameters of the address we gave out ourselves; signed with the rest. */
  readonly query: URLSearchParams;
  readonly isVerified: boolean;
  readonly callSid: string;
  /** Ready to be kept as it is. */
  readonly delivery: Delivery;
  /** Whose number was called; absent for a number nobody has, or of a company or branch that is off. */
  readonly called: CalledNumber | undefined;
};

export type CalledNumber = {
  readonly number: string;
  readonly company: KnownCompany;
  readonly branch: KnownBranch | undefined;
  readonly branchId: string;
  readonly language: Language;
  readonly caller: CallerNumber;
};

/** A form of the carrier is under 4 KiB; speech may add some. */
const longestBody = 64 * 1024;

/** Reads and checks one request. `undefined`: longer than any the carrier sends. */
export async function readVoiceRequest(context: Context, gateway: Gateway, step: string): Promise<VoiceRequest | undefined> {
  const { req, env } = context;
  const body = await readBounded(context, longestBody);
  if (body === undefined) return undefined;
  const { search } = new URL(req.url);
  // The path that counts is the one we gave out: a proxy may have cut a prefix off.
  const path = `/twilio/${step}${search}`;
  const receivedAt = gateway.clock.now();
  const url = publicAddress(gateway.settings.publicUrl, path);
  const headers = req.header();
  const verification: Verification = verifyRequest("twilio", { url, headers, body }, gateway.settings, receivedAt);
  const fields = new URLSearchParams(body.toString("utf8"));
  const sourceAddress = sourceOf(env);
  const from = sourceAddress === undefined ? {} : { sourceAddress };
  const delivery = composeDelivery(
    { provider: "twilio", method: req.method, url, path, headers, body, receivedAt, source: "live", ...from },
    verification,
  );
  const query = new URLSearchParams(search);
  return {
    fields,
    query,
    isVerified: verification.verdict === "verified",
    callSid: fields.get("CallSid") ?? "",
    delivery,
    called: findCalled(gateway, fields, query),
  };
}

function findCalled({ directory }: Gateway, fields: URLSearchParams, query: URLSearchParams): CalledNumber | undefined {
  const known = directory.number(fields.get("To") ?? "");
  const company = known === undefined ? undefined : directory.company(known.companyId);
  if (known?.isActive !== true || company?.isActive !== true) return undefined;
  // What a caller without a number typed in is carried along in the addresses we give out.
  return {
    number: known.number,
    company,
    branch: company.branches.find(({ branchId }) => branchId === known.branchId),
    branchId: known.branchId,
    language: company.language.startsWith("en") ? "en" : "de",
    caller: readCallerNumber(query.get("number") ?? fields.get("From") ?? undefined),
  };
}
