import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openHost } from "../integrations/host.ts";
import { systemClock } from "../kernel/clock.ts";
import { startFileEngine } from "../kernel/durable/file-engine.ts";
import type { Workflow } from "../kernel/durable/run.ts";
import { openFileLogbook } from "../logbook/logbook.ts";
import { playbookWorkflow } from "./run.ts";
import type { RunHands, RunOutcome } from "./run-contract.ts";
import { inputOf, writePlaybook, type BlockText } from "./run.test-support.ts";
import { undoWorkflow } from "./undo-run.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ampel-resume-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const effects = (): string => join(folder, "effects");
const readLines = (): string[] => (existsSync(effects()) ? readFileSync(effects(), "utf8").split("\n").filter(Boolean) : []);

/** One process: an engine on the journal of the folder, with what it may touch. */
function openProcess(more: Partial<RunHands> = {}) {
  const logbook = openFileLogbook([join(folder, "journal")], systemClock);
  const engine = startFileEngine([join(folder, "journal")], systemClock);
  const hands: RunHands = {
    openHost: (name) => openHost(name, { via: "local" }),
    localEnv: {},
    command: async () => ({ exitCode: 0, output: "" }),
    onApprovalWanted: () => {},
    logbook,
    clock: systemClock,
    takeLock: async () => undefined,
    freeLock: async () => {},
    ...more,
  };
  const end = async (): Promise<void> => {
    await engine.stop();
    logbook.close();
  };
  return { engine, hands, end };
}

/** Carries a workflow out in two processes: the first ends as soon as the effect has been begun. */
async function interrupt<Input>(
  workflowOf: (hands: RunHands) => Workflow<Input, RunOutcome>,
  input: Input,
  begun: string,
): Promise<RunOutcome> {
  const first = openProcess();
  const cut = first.engine.start(workflowOf(first.hands), "run-1", input).catch((error: unknown) => error);
  await expect.poll(readLines, { timeout: 10_000, interval: 10 }).toContain(begun);
  await first.end();
  await cut;
  writeFileSync(`${effects()}.second`, "");
  const second = openProcess();
  const outcome = await second.engine.start(workflowOf(second.hands), "run-1", input);
  await second.end();
  return outcome;
}

/** Leaves its line at once and is then at work for long; in the second process it would be quick. */
const slowly = (word: string): string => `echo ${word} >> "$EFFECTS"\n[ -e "$EFFECTS.second" ] || sleep 30`;

describe("a step found begun", () => {
  test.each([
    ["yes", "true", ["succeeded", "run.verified"], 2],
    ["check", "true", ["succeeded", "run.verified"], 1],
    ["check", '[ "$(wc -l < "$EFFECTS")" = 2 ]', ["succeeded", "run.verified"], 2],
    ["check", undefined, ["needs-human", "run.repeat-unclear"], 1],
    ["no", "true", ["succeeded", "run.verified"], 1],
    ["no", "false", ["needs-human", "run.repeat-unclear"], 1],
    ["no", undefined, ["needs-human", "run.repeat-unclear"], 1],
  ] as const)("with idempotent=%s and the verify block %s", async (idempotent, verify, expected, times) => {
    const blocks: BlockText[] = [{ name: "act", risk: "write", idempotent, body: slowly("act") }];
    if (verify !== undefined) blocks.push({ name: "act-verify", for: "act", role: "verify", body: verify });
    const { state, steps } = await interrupt(playbookWorkflow, inputOf(writePlaybook(blocks), effects()), "act");
    expect([state, steps[0]?.message.key]).toEqual(expected);
    expect(readLines()).toEqual(Array.from({ length: times }, () => "act"));
  });

  test.each([
    ["yes", ["act", "other", "other"], "failed"],
    ["no", ["act", "other"], "needs-human"],
  ])("the same holds for its fallback (idempotent=%s)", async (idempotent, lines, expected) => {
    const blocks: BlockText[] = [
      { name: "act", risk: "write", idempotent, body: 'echo act >> "$EFFECTS"' },
      { name: "act-verify", for: "act", role: "verify", body: "false" },
      { name: "act-fallback", for: "act", role: "fallback", body: slowly("other") },
    ];
    const { state } = await interrupt(playbookWorkflow, inputOf(writePlaybook(blocks), effects()), "other");
    expect([state, readLines()]).toEqual([expected, lines]);
  });
});

describe("taking a run back", () => {
  const step = (name: string, undo: string, more: Record<string, string> = {}): BlockText[] => [
    { name, risk: "write", ...more, body: `echo ${name} >> "$EFFECTS"` },
    { name: `${name}-undo`, for: name, role: "undo", body: undo },
  ];
  const order = (blocks: readonly BlockText[], ...steps: string[]) => ({
    runId: "run-before",
    input: inputOf(writePlaybook(blocks), effects()),
    steps,
  });

  test("goes through the named steps in their order, and tells each", async () => {
    const { engine, hands, end } = openProcess();
    const blocks = [...step("one", 'echo one-back >> "$EFFECTS"'), ...step("two", 'echo two-back >> "$EFFECTS"')];
    const outcome = await engine.start(undoWorkflow(hands), "undo-1", order(blocks, "two", "one"));
    await end();
    expect(readLines()).toEqual(["two-back", "one-back"]);
    expect([outcome.state, ...outcome.steps.map(({ name, state }) => `${name} ${state}`)]).toEqual(["undone", "two undone", "one undone"]);
  });

  test("an undo that fails is told, and the older ones are still done", async () => {
    const { engine, hands, end } = openProcess();
    const outcome = await engine.start(
      undoWorkflow(hands),
      "undo-1",
      order([...step("one", 'echo one-back >> "$EFFECTS"'), ...step("two", "false")], "two", "one"),
    );
    await end();
    expect([outcome.state, ...outcome.steps.map(({ state }) => state)]).toEqual(["needs-human", "undo-failed", "undone"]);
  });

  test("does not touch what another run holds the lock of", async () => {
    const { engine, hands, end } = openProcess({ takeLock: async () => "run-other" });
    const outcome = await engine.start(
      undoWorkflow(hands),
      "undo-1",
      order(step("one", 'echo one-back >> "$EFFECTS"', { lock: "services" }), "one"),
    );
    await end();
    expect([outcome.state, outcome.steps[0]?.message.key, readLines()]).toEqual(["needs-human", "run.locked", []]);
  });

  test.each([
    ["its effect is gone: it is not repeated", "false", "undone", 1],
    ["its effect is still there: it is repeated", "true", "undone", 2],
    ["nothing tells: a person is asked", undefined, "needs-human", 1],
  ])("found begun, and %s", async (_, verify, state, times) => {
    const blocks = step("one", slowly("one-back"));
    if (verify !== undefined) blocks.push({ name: "one-verify", for: "one", role: "verify", body: verify });
    const outcome = await interrupt(undoWorkflow, order(blocks, "one"), "one-back");
    expect(outcome.state).toBe(state);
    expect(readLines()).toEqual(Array.from({ length: times }, () => "one-back"));
  });
});
