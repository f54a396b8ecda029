import fc from "fast-check";
import { expect, test } from "vitest";
import { toDirectory, type KnownCompany } from "./directory.ts";
import { resolveCompany, type CompanyTraces } from "./resolve-company.ts";

const company = (companyId: string, isActive = true): KnownCompany => ({
  companyId,
  name: companyId,
  isActive,
  timeZone: "Europe/Berlin",
  language: "de",
  branches: [],
  services: [],
});

const directory = toDirectory({
  asOf: 1,
  companies: [company("alpha"), company("beta"), company("gone", false)],
  agents: [
    { companyId: "alpha", agentId: "agent_alpha" },
    { companyId: "beta", agentId: "agent_beta" },
    { companyId: "alpha", agentId: "agent_shared" },
    { companyId: "beta", agentId: "agent_shared" },
    { companyId: "gone", agentId: "agent_gone" },
  ],
  numbers: [
    { number: "+4930901820001", companyId: "alpha", branchId: "mitte", agentId: "agent_alpha", isActive: true },
    { number: "+4930901820002", companyId: "beta", branchId: "sued", isActive: true },
    { number: "+4930901820003", companyId: "beta", branchId: "sued", agentId: "agent_of_number", isActive: false },
    { number: "+4930901820004", companyId: "gone", branchId: "weg", isActive: true },
  ],
});

test.each<[string, CompanyTraces, object]>([
  ["a known number", { toNumber: "+4930901820001" }, { companyId: "alpha", branchId: "mitte", number: "+4930901820001", isServing: true }],
  ["the number with its agent", { toNumber: "+4930901820001", agentId: "agent_alpha" }, { companyId: "alpha", isServing: true }],
  ["a number and an agent nobody knows", { toNumber: "+4930901820001", agentId: "agent_new" }, { companyId: "alpha" }],
  ["a number and an agent of several", { toNumber: "+4930901820002", agentId: "agent_shared" }, { companyId: "beta" }],
  ["00 instead of +", { toNumber: "004930901820002" }, { companyId: "beta", number: "+4930901820002" }],
  ["no plus at all", { toNumber: "4930901820002" }, { companyId: "beta" }],
  ["blanks and brackets", { toNumber: "+49 (30) 9018-20002" }, { companyId: "beta" }],
  ["a number that is switched off", { toNumber: "+4930901820003" }, { companyId: "beta", isServing: false }],
  ["a company that is switched off", { toNumber: "+4930901820004" }, { companyId: "gone", isServing: false }],
  ["only an agent, as in a web call", { agentId: "agent_beta" }, { companyId: "beta", isServing: true }],
  ["only an agent that is bound to a number", { agentId: "agent_of_number" }, { companyId: "beta" }],
  ["only an agent of a company that is off", { agentId: "agent_gone" }, { companyId: "gone", isServing: false }],
  ["an unknown number", { toNumber: "+4930901829999" }, { companyId: undefined, why: "unknown-number", subject: "+4930901829999" }],
  [
    "an unknown number with a known agent",
    { toNumber: "+4930901829999", agentId: "agent_alpha" },
    { companyId: undefined, why: "unknown-number" },
  ],
  [
    "a number of one and an agent of another",
    { toNumber: "+4930901820001", agentId: "agent_beta" },
    { companyId: undefined, why: "number-and-agent-disagree" },
  ],
  ["only an agent of several", { agentId: "agent_shared" }, { companyId: undefined, why: "unknown-agent", subject: "agent_shared" }],
  ["only an unknown agent", { agentId: "agent_new" }, { companyId: undefined, why: "unknown-agent" }],
  ["nothing", {}, { companyId: undefined, why: "no-trace" }],
  ["empty texts", { toNumber: "", agentId: "" }, { companyId: undefined, why: "no-trace" }],
  ["a hidden number", { toNumber: "anonymous" }, { companyId: undefined, why: "unknown-number", subject: "anonymous" }],
  ["a number with a letter", { toNumber: "+4930901820001x" }, { companyId: undefined, why: "unknown-number" }],
])("%s", (_, traces, expected) => {
  expect(resolveCompany(directory, traces)).toMatchObject(expected);
});

test("whatever arrives, a company is only named when one of its own numbers or agents stands in it", () => {
  const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3, maxLength: 16 }).map((all) => `+${all.join("")}`);
  const number = fc.oneof(digits, fc.string(), fc.constantFrom(...directory.numbers().map((known) => known.number), undefined));
  const agent = fc.oneof(fc.string(), fc.constantFrom("agent_alpha", "agent_beta", "agent_shared", undefined));
  fc.assert(
    fc.property(number, agent, (toNumber, agentId) => {
      const { companyId } = resolveCompany(directory, { toNumber, agentId });
      if (companyId === undefined) return;
      const digitsOf = (text: string): string => text.replace(/\D/g, "").replace(/^00/, "");
      const owners = directory.numbers().filter((known) => digitsOf(known.number) === digitsOf(toNumber ?? ""));
      expect(toNumber ? owners.map((known) => known.companyId) : [directory.companyOfAgent(agentId ?? "")]).toContain(companyId);
    }),
  );
});
