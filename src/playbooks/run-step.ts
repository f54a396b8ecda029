import type { Attempt } from "../kernel/durable/run.ts";
import { message, verbatim, type Message } from "../kernel/message.ts";
import type { StepState } from "../logbook/entry.ts";
import { awaitApproval } from "./approval.ts";
import type { Block, Step } from "./playbook.ts";
import { runBlock, type BlockResult } from "./run-block.ts";
import type { RunScene, StepReport } from "./run-contract.ts";

type Ending = { readonly state: StepState; readonly message: Message; readonly output: string };

/**
 * One step: guard, approval, intent, do, verify, fallback. Each block is a durable step of its own, so a process that
 * takes over repeats nothing whose result is known, and looks before it repeats what was only begun.
 */
export async function runStep(scene: RunScene, step: Step, sliceMs: number, persons: number): Promise<StepReport> {
  const { run, hands } = scene;
  const startedAt = await run.now();
  await hands.logbook.write({ kind: "step-started", runId: run.id, name: step.name }, `${run.id}:${step.name}:started`);
  const ending = await decideStep(scene, step, sliceMs, persons);
  const durationMs = (await run.now()) - startedAt;
  const report: StepReport = { name: step.name, durationMs, ...ending };
  await hands.logbook.write({ kind: "step-ended", runId: run.id, ...report }, `${run.id}:${step.name}:ended`);
  return report;
}

async function decideStep(scene: RunScene, step: Step, sliceMs: number, persons: number): Promise<Ending> {
  if (step.guard !== undefined) {
    const guard = await runDurably(scene, step, step.guard, step.guard.timeoutMs);
    if (!guard.isDone) return { state: "skipped", message: message("run.guard-refused"), output: guard.output };
  }
  if (persons > 0) {
    const refusal = await awaitApproval(scene, step, persons);
    if (refusal !== undefined) return { ...refusal, output: "" };
  }
  if (step.lock === undefined) return await actAndVerify(scene, step, sliceMs);
  const holder = await scene.run.step(`${step.name}:lock`, async () => (await scene.hands.takeLock(step.lock ?? "", scene.run.id)) ?? null);
  if (holder !== null) return { state: "refused", message: message("run.locked", { lock: step.lock, holder }), output: "" };
  try {
    return await actAndVerify(scene, step, sliceMs);
  } finally {
    await scene.hands.freeLock(step.lock, scene.run.id);
  }
}

async function actAndVerify(scene: RunScene, step: Step, sliceMs: number): Promise<Ending> {
  const first = await act(scene, step, sliceMs);
  if (first.state === "needs-human") return first;
  const seen = await verify(scene, step, first);
  if (seen.state === "done" || step.fallback === undefined) return seen;
  await scene.hands.logbook.write(
    { kind: "alarm", message: message("run.fallback", { step: step.name, reason: seen.message }) },
    `${scene.run.id}:${step.name}:fallback`,
  );
  const second = await runDurably(scene, step, step.fallback, step.fallback.timeoutMs);
  return await verify(scene, step, ended(second, step.fallback), ":after-fallback");
}

/** The doing itself, with its retries. On a repeat after a crash the written idempotence decides, never a guess. */
async function act(scene: RunScene, step: Step, sliceMs: number): Promise<Ending> {
  for (let attempt = 0; ; attempt += 1) {
    const suffix = attempt === 0 ? "" : `:retry-${attempt}`;
    const result = await scene.run.step(step.name + suffix, async (given): Promise<BlockResult | "done-before" | "ask"> => {
      if (given.isRepeat && step.idempotent !== "yes") return await decideRepeat(scene, step, sliceMs, given);
      return await runBlock(step.do, step, scene.input, scene.hands, sliceMs, given.signal);
    });
    if (result === "ask") return { state: "needs-human", message: message("run.repeat-unclear", { step: step.name }), output: "" };
    if (result === "done-before") return { state: "done", message: message("run.done-before"), output: "" };
    if (result.isDone || attempt >= step.retries) return ended(result, step.do);
  }
}

async function decideRepeat(scene: RunScene, step: Step, sliceMs: number, { signal }: Attempt): Promise<BlockResult | "done-before" | "ask"> {
  if (step.verify === undefined) return "ask";
  const seen = await runBlock(step.verify, step, scene.input, scene.hands, step.verify.timeoutMs, signal);
  if (seen.isDone) return "done-before";
  if (step.idempotent === "no") return "ask";
  return await runBlock(step.do, step, scene.input, scene.hands, sliceMs, signal);
}

/** A step that was done is done only when its verify block says so; an overrun may still have worked. */
async function verify(scene: RunScene, step: Step, before: Ending, suffix = ""): Promise<Ending> {
  if (step.verify === undefined) return before;
  const seen = await runDurably(scene, step, step.verify, step.verify.timeoutMs, suffix);
  if (seen.isDone) return { state: "done", message: message("run.verified"), output: before.output };
  const why = before.state === "done" ? message("run.not-verified") : before.message;
  return { state: "failed", message: why, output: [before.output, seen.output].filter((text) => text !== "").join("\n") };
}

async function runDurably({ run, input, hands }: RunScene, step: Step, block: Block, limitMs: number, suffix = ""): Promise<BlockResult> {
  return await run.step(block.name + suffix, ({ signal }) => runBlock(block, step, input, hands, limitMs, signal));
}

function ended(result: BlockResult, block: Block): Ending {
  const { output } = result;
  if (result.isDone) return { state: "done", message: message("run.done"), output };
  if (result.isTimedOut) return { state: "failed", message: message("run.overrun", { block: block.name }), output };
  const reason = verbatim(output.split("\n").at(-1) ?? "");
  return { state: "failed", message: message("run.exit", { code: result.exitCode ?? "–", reason }), output };
}

/** Puts one step back. A step without an undo block stays as it is and is named so. */
export async function undoStep(scene: RunScene, step: Step, runId = scene.run.id): Promise<StepReport> {
  const { run, hands } = scene;
  if (step.undo === undefined) {
    return { name: step.name, state: "done", durationMs: 0, message: message("run.no-undo"), output: "" };
  }
  const startedAt = await run.now();
  const result = await runDurably(scene, step, step.undo, step.undo.timeoutMs);
  const durationMs = (await run.now()) - startedAt;
  const state = result.isDone ? "undone" : "undo-failed";
  const what = result.isDone ? message("run.undone") : message("run.undo-failed");
  const report: StepReport = { name: step.name, state, durationMs, message: what, output: result.output };
  await hands.logbook.write({ kind: "step-ended", runId, ...report }, `${run.id}:${step.name}:undone`);
  return report;
}
