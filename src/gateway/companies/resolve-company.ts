import type { Directory, KnownNumber } from "./directory.ts";

/**
 * `toNumber`: the number of ours in the call, so for an outbound call the one it was made from.
 * An empty text counts as not given.
 */
export type CompanyTraces = { readonly toNumber?: string | undefined; readonly agentId?: string | undefined };

/** `isServing`: false when the number or its company is switched off; the event is theirs all the same. */
export type ResolvedCompany = {
  readonly companyId: string;
  readonly branchId?: string;
  readonly number?: string;
  readonly isServing: boolean;
};

/** `why` is also the kind of the finding to report, `subject` what nobody owns. */
export type UnresolvedCompany = {
  readonly companyId: undefined;
  readonly why: "unknown-number" | "unknown-agent" | "number-and-agent-disagree" | "no-trace";
  readonly subject: string;
};

/**
 * Whose call this is. Pure. A number that is given decides alone, and must be known: an agent does not make up for an unknown
 * one. Never the first company, never the most likely one: such a fallback put 144 of 145 calls into the wrong tenant (incident 17).
 */
export function resolveCompany(directory: Directory, { toNumber = "", agentId = "" }: CompanyTraces): ResolvedCompany | UnresolvedCompany {
  const ownerOfAgent = agentId === "" ? undefined : directory.companyOfAgent(agentId);
  if (toNumber !== "") {
    const number = findNumber(directory, toNumber);
    if (number === undefined) return { companyId: undefined, why: "unknown-number", subject: toNumber };
    const { companyId, branchId } = number;
    if (ownerOfAgent !== undefined && ownerOfAgent !== companyId) {
      return { companyId: undefined, why: "number-and-agent-disagree", subject: `${number.number} ${agentId}` };
    }
    const isServing = number.isActive && isActive(directory, companyId);
    return { companyId, branchId, number: number.number, isServing };
  }
  if (agentId === "") return { companyId: undefined, why: "no-trace", subject: "" };
  if (ownerOfAgent === undefined) return { companyId: undefined, why: "unknown-agent", subject: agentId };
  return { companyId: ownerOfAgent, isServing: isActive(directory, ownerOfAgent) };
}

/** Carriers also write `0049…`, `49…` and blanks; anything beyond that is another number. */
function findNumber(directory: Directory, given: string): KnownNumber | undefined {
  const exact = directory.number(given);
  if (exact !== undefined) return exact;
  const plain = given.replace(/[\s()/.-]/g, "");
  return /^\+?\d{7,17}$/.test(plain) ? directory.number(`+${plain.replace(/^(\+|00)/, "")}`) : undefined;
}

function isActive(directory: Directory, companyId: string): boolean {
  return directory.company(companyId)?.isActive ?? false;
}
