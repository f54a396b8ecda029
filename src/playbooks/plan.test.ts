import fc from "fast-check";
import { expect, test } from "vitest";
import { say } from "../kernel/message.ts";
import { decideAuthority, listDrilledDanger, type AuthorityLevel } from "./authority.ts";
import { parsePlaybook } from "./parse.ts";
import { isSafeValue, planRun, type PlanRequest } from "./plan.ts";
import type { Playbook, Step } from "./playbook.ts";
import { longestMs, sliceBudget } from "./slices.ts";

const text = `---
ampel: { id: sample, owner: x, review_by: 2027-01-01, rto: 1m, triggers: [disk-full], version: 1, zone: red }
---

### Look

Looks.

\`\`\`sh {"name":"look","risk":"read","timeout":"10s"}
ampel service:plan "$AMPEL_SUBJECT"
\`\`\`

### Act

Acts.

\`\`\`sh {"expect":"done","host":"subject","lock":"disk","name":"act","reason":"no way back","retries":"1","risk":"danger","timeout":"20s"}
export SIZE="\${AMPEL_ZONE:-x}-10"
export PLACE=""
truncate -s "$SIZE" "$PLACE"
\`\`\`

\`\`\`sh {"for":"act","name":"act-verify","risk":"read","role":"verify","timeout":"10s"}
test -e /srv
\`\`\`
`;

const playbook = parsePlaybook(text, "p.md").playbook as Playbook;
const request: PlanRequest = {
  subject: "shop",
  subjectHost: "web1",
  cause: "disk-full",
  zone: "red",
  parameters: { PLACE: "/srv/x y" },
  hosts: new Set(["web1"]),
  budgetMs: 30_000,
  authority: { level: "act", drilledDanger: [] },
};

function refused(changes: Partial<PlanRequest>, changed = playbook): string[] {
  return planRun(changed, { ...request, ...changes }).refusals.map(({ key }) => key.replace("playbook.plan.", ""));
}

test("a plan shows the exact text, host, values, slice, deadline and who must agree", () => {
  const plan = planRun(playbook, request);
  expect(plan).toMatchObject({ playbookId: "sample", hash: playbook.hash, budgetMs: 30_000, refusals: [] });
  expect(plan.steps).toMatchObject([
    { name: "look", host: "local", risk: "read", sliceMs: 5000, deadlineMs: 5000, authority: { verdict: "act", persons: 0 } },
    {
      name: "act",
      host: "web1",
      risk: "danger",
      sliceMs: 25_000,
      deadlineMs: 30_000,
      lock: "disk",
      expect: "done",
      reason: "no way back",
      authority: { verdict: "ask", persons: 1 },
    },
  ]);
  expect(plan.steps[0]?.blocks).toEqual([
    {
      role: "do",
      name: "look",
      line: 9,
      timeoutMs: 10_000,
      text: 'ampel service:plan "$AMPEL_SUBJECT"',
      calls: [["service:plan", "shop"]],
    },
  ]);
  expect(plan.steps[1]?.env).toEqual({
    AMPEL_SUBJECT: "shop",
    AMPEL_HOST: "web1",
    AMPEL_CAUSE: "disk-full",
    AMPEL_ZONE: "red",
    SIZE: "red-10",
    PLACE: "/srv/x y",
  });
  // The value stays out of the text: nothing in it can become a command.
  expect(plan.steps[1]?.blocks.map(({ role, text: written }) => [role, written])).toEqual([
    ["do", 'truncate -s "$SIZE" "$PLACE"'],
    ["verify", "test -e /srv"],
  ]);
});

test("what is missing or dangerous refuses the plan, with words for each", () => {
  expect(refused({ parameters: {} })).toEqual(["parameter-missing"]);
  expect(refused({ parameters: { PLACE: "/x", PLCE: "y" } })).toEqual(["parameter-unknown"]);
  expect(refused({ parameters: { PLACE: "--force" } })).toEqual(["parameter-unsafe"]);
  expect(refused({ subject: "-rf" })).toEqual(["parameter-unsafe"]);
  expect(refused({ parameters: { PLACE: "a\nb" } })).toEqual(["parameter-unsafe"]);
  expect(refused({ budgetMs: 0 })).toEqual(["budget-empty"]);
  expect(refused({ budgetMs: 1000 })).toEqual(["slice-short"]);
  const { subjectHost: _, ...withoutHost } = request;
  expect(planRun(playbook, withoutHost).refusals.map(({ key }) => key)).toEqual(["playbook.plan.subject-host"]);
  const elsewhere = parsePlaybook(text.replace('"subject"', '"db9"'), "p.md").playbook as Playbook;
  expect(refused({}, elsewhere)).toEqual(["host-unknown"]);
  const shell = parsePlaybook(text.replace('PLACE=""', 'PLACE="$(date)"'), "p.md").playbook as Playbook;
  expect(refused({ parameters: {} }, shell)).toEqual(["parameter-shell"]);
  for (const refusal of planRun(elsewhere, { ...request, parameters: {}, budgetMs: 0 }).refusals) {
    expect(say(refusal, "de")).not.toMatch(/\{\w+\}|playbook\./);
  }
});

test("a value that could be taken for an option or a new line is not safe", () => {
  expect(["web", "a b", "ä", "$(x)", "x".repeat(200)].map(isSafeValue)).toEqual([true, true, true, true, true]);
  expect(["-", "--x", "a\u0000", "a\n", "\u007f", "x".repeat(201)].map(isSafeValue)).toEqual([false, false, false, false, false, false]);
});

function stepOf(changes: Partial<Step>): Step {
  return { ...(playbook.steps[0] as Step), ...changes };
}

test("the slices keep proportion, never exceed the budget, nor what the steps may take", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 600_000 }), fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: -10, max: 2_000_000 }),
      (given, budgetMs) => {
        const steps = given.map(([timeoutMs, retries]) => stepOf({ timeoutMs, retries }));
        const slices = sliceBudget(steps, budgetMs);
        const sum = slices.reduce((total, ms) => total + ms, 0);
        expect(sum <= Math.max(0, budgetMs)).toBe(true);
        const longest = steps.map(longestMs);
        const all = longest.reduce((total, ms) => total + ms, 0);
        for (const [index, sliceMs] of slices.entries()) {
          const own = longest[index] ?? 0;
          expect(sliceMs >= 0 && sliceMs <= own).toBe(true);
          expect(Math.abs(sliceMs - own * Math.min(1, Math.max(0, budgetMs) / all)) <= 1).toBe(true);
        }
      },
    ),
  );
});

const decisions: readonly (readonly [AuthorityLevel, Partial<Step>, readonly string[], string, number])[] = [
  ["observe", { risk: "read" }, [], "act", 0],
  ["observe", { risk: "write" }, [], "forbidden", 0],
  ["observe", { risk: "danger" }, ["sample/look"], "forbidden", 0],
  ["propose", { risk: "read" }, [], "act", 0],
  ["propose", { risk: "read", approve: 1 }, [], "ask", 1],
  ["propose", { risk: "write" }, [], "ask", 1],
  ["propose", { risk: "write", approve: 2 }, [], "ask", 2],
  ["propose", { risk: "danger", approve: 2 }, ["sample/look"], "ask", 2],
  ["act", { risk: "read" }, [], "act", 0],
  ["act", { risk: "write" }, [], "act", 0],
  ["act", { risk: "write", approve: 1 }, [], "ask", 1],
  ["act", { risk: "danger" }, [], "ask", 1],
  ["act", { risk: "danger", approve: 2 }, [], "ask", 2],
  ["act", { risk: "danger", approve: 2 }, ["sample/look"], "act", 0],
  ["act", { risk: "danger" }, ["other/look", "sample/other"], "ask", 1],
];

test.each(decisions)("at level %s a step %o with %o released: %s, %d persons", (level, changes, drilledDanger, verdict, persons) => {
  const decision = decideAuthority(stepOf(changes), "sample", { level, drilledDanger });
  expect([decision.verdict, decision.persons]).toEqual([verdict, persons]);
  expect(say(decision.reason, "de")).not.toMatch(/\{\w+\}|playbook\./);
});

test("a drill vouches for eight days, for the same text only, and never from the future", () => {
  const now = Date.UTC(2026, 10, 23);
  const day = 86_400_000;
  const act = playbook.steps[1] as Step;
  const drill = { playbookId: "sample", step: "act", stepHash: act.hash, passedAt: now - 7 * day };
  const drilled = (changes: Partial<typeof drill>): string[] =>
    listDrilledDanger(["sample/act", "sample/gone", "nonsense"], [playbook], [{ ...drill, ...changes }], now);
  expect(drilled({})).toEqual(["sample/act"]);
  expect(drilled({ passedAt: now - 8 * day + 1 })).toEqual(["sample/act"]);
  expect(drilled({ passedAt: now - 8 * day })).toEqual([]);
  expect(drilled({ passedAt: now + 1 })).toEqual([]);
  expect(drilled({ stepHash: "0".repeat(64) })).toEqual([]);
  expect(drilled({ step: "look" })).toEqual([]);
});
