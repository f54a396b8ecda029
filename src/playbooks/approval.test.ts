import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../kernel/clock.ts";
import type { Approval, WantedApproval } from "./run-contract.ts";
import { openStage, type BlockText, type PlayOptions, type Stage } from "./run.test-support.ts";

let stage: Stage;
beforeEach(() => {
  stage = openStage();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await stage.clear();
});

const askable = { authority: { level: "act", drilledDanger: [], canAsk: true } } as const;
const danger = (persons = "1"): BlockText[] => [
  { name: "cut", risk: "danger", approve: persons, reason: "no way back", body: 'echo cut >> "$EFFECTS"' },
];

async function playWith(answers: readonly Partial<Approval>[], options: PlayOptions & { readonly blocks?: BlockText[] } = {}) {
  const asked: WantedApproval[] = [];
  const { blocks = danger(), ...rest } = options;
  const played = await stage.play(blocks, {
    input: askable,
    ...rest,
    onWanted: (wanted, answer) => {
      asked.push(wanted);
      void (async () => {
        for (const each of answers) await answer(each);
      })();
    },
  });
  return { ...played, asked, state: [played.outcome.state, played.outcome.steps[0]?.state, played.outcome.steps[0]?.message.key] };
}

/** Ten minutes go by at the first wait. */
function letTimeGoBy(): void {
  const monotonic = systemClock.monotonicMs.bind(systemClock);
  const startedMs = monotonic();
  vi.spyOn(systemClock, "monotonicMs").mockImplementation(() => monotonic() + (monotonic() - startedMs) * 2000);
}

test("a dangerous step shows its text, waits for a person, and runs after the yes", async () => {
  const { state, asked, lines } = await playWith([{}]);
  expect(asked).toMatchObject([{ persons: 1, step: { name: "cut", risk: "danger", text: 'echo cut >> "$EFFECTS"' } }]);
  expect(state).toEqual(["succeeded", "done", "run.done"]);
  expect(lines).toEqual(["cut"]);
});

test("a no ends the run, names who said it, and nothing has happened", async () => {
  const { state, outcome, lines } = await playWith([{ isGranted: false, by: "ben" }, { by: "anna" }]);
  expect(state).toEqual(["needs-human", "refused", "run.approval-refused"]);
  expect(outcome.steps[0]?.message.values).toEqual({ by: "ben" });
  expect(lines).toEqual([]);
});

test("a yes to another text counts for nothing", async () => {
  letTimeGoBy();
  const { state, lines } = await playWith([{ stepHash: "0".repeat(64) }]);
  expect(state).toEqual(["needs-human", "needs-human", "run.approval-expired"]);
  expect(lines).toEqual([]);
});

test("a yes that nobody gives in ten minutes is not given", async () => {
  letTimeGoBy();
  const { state } = await playWith([]);
  expect(state).toEqual(["needs-human", "needs-human", "run.approval-expired"]);
});

test("two persons are two: the same one twice does not count", async () => {
  letTimeGoBy();
  const { state, lines } = await playWith([{ by: "anna" }, { by: "anna" }, { by: " Anna " }], { blocks: danger("2") });
  expect(state).toEqual(["needs-human", "needs-human", "run.approval-expired"]);
  expect(lines).toEqual([]);
});

test("two different persons together may", async () => {
  const { state, asked } = await playWith([{ by: "anna" }, { by: "anna" }, { by: "ben" }], { blocks: danger("2") });
  expect(asked).toMatchObject([{ persons: 2 }]);
  expect(state).toEqual(["succeeded", "done", "run.done"]);
});

test("without anybody to ask the run ends at once and says what to do", async () => {
  const { state, asked } = await playWith([], { input: {} });
  expect(asked).toEqual([]);
  expect(state).toEqual(["needs-human", "needs-human", "run.approval-missing"]);
});

test("a guard is asked before any person is", async () => {
  const { state, asked } = await playWith([], { blocks: [...danger(), { name: "cut-guard", for: "cut", role: "guard", body: "false" }] });
  expect(asked).toEqual([]);
  expect(state).toEqual(["succeeded", "skipped", "run.guard-refused"]);
});

test("under authority propose a writing step asks first, a reading one does not", async () => {
  const blocks: BlockText[] = [
    { name: "act", risk: "write", body: 'echo act >> "$EFFECTS"' },
    { name: "look", risk: "read", body: "true" },
  ];
  const { asked, lines, outcome } = await playWith([{}], {
    blocks,
    input: { authority: { level: "propose", drilledDanger: [], canAsk: true } },
  });
  expect(asked.map(({ step }) => step.name)).toEqual(["act"]);
  expect(outcome.state).toBe("succeeded");
  expect(lines).toEqual(["act"]);
});

test("a drilled dangerous step runs unasked under authority act, and asks under propose", async () => {
  const authority = { drilledDanger: ["sample/cut"], canAsk: true } as const;
  expect((await playWith([{}], { input: { authority: { ...authority, level: "act" } } })).asked).toHaveLength(0);
  expect((await playWith([{}], { input: { authority: { ...authority, level: "propose" } } })).asked).toHaveLength(1);
});
