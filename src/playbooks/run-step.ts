import { message, verbatim, type Message } from "../kernel/message.ts";
import type { StepState } from "../logbook/entry.ts";
import { awaitApproval } from "./approval.ts";
import type { Block, Step } from "./playbook.ts";
import { runBlock, type BlockResult } from "./run-block.ts";
import type { RunScene, StepReport } from "./run-contract.ts";
import { longestMs } from "./slices.ts";

type Ending = { readonly state: StepState; readonly message: Message; readonly output: string; readonly isRefused?: boolean };

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
    const guard = await look(scene, step, step.guard, sliceMs);
    if (!guard.isDone) return { state: "skipped", message: message("run.guard-refused"), output: guard.output };
  }
  if (persons > 0) {
    const refusal = await awaitApproval(scene, step, persons);
    if (refusal !== undefined) return { ...refusal, output: "" };
  }
  return await withLock(scene, step, step.name, () => actAndVerify(scene, step, sliceMs), "refused");
}

/** Holds the step's named lock meanwhile; another run that has it is named, and nothing is done. */
async function withLock(scene: RunScene, { lock }: Step, name: string, work: () => Promise<Ending>, ifHeld: StepState): Promise<Ending> {
  if (lock === undefined) return await work();
  const { run, hands } = scene;
  const holder = await run.step(`${name}:lock`, async () => (await hands.takeLock(lock, run.id)) ?? null);
  if (holder !== null) return { state: ifHeld, message: message("run.locked", { lock, holder }), output: "" };
  try {
    return await work();
  } finally {
    await hands.freeLock(lock, run.id);
  }
}

async function actAndVerify(scene: RunScene, step: Step, sliceMs: number): Promise<Ending> {
  const first = await act(scene, step, sliceMs);
  if (first.state === "needs-human") return first;
  // A command of ours that refused has changed nothing: waiting for an effect would only burn the budget.
  const seen = first.isRefused === true ? first : await verify(scene, step, first, sliceMs);
  if (seen.state === "done" || step.fallback === undefined) return seen;
  await scene.hands.logbook.write(
    { kind: "alarm", message: message("run.fallback", { step: step.name, reason: seen.message }) },
    `${scene.run.id}:${step.name}:fallback`,
  );
  const second = await attempt(scene, step, step.fallback, step.fallback.name, sliceMs);
  return second.state === "needs-human" ? second : await verify(scene, step, second, sliceMs, ":after-fallback");
}

/** The doing itself, with its retries. What may not be done twice is not tried twice. */
async function act(scene: RunScene, step: Step, sliceMs: number): Promise<Ending> {
  const retries = step.idempotent === "no" ? 0 : step.retries;
  for (let count = 0; ; count += 1) {
    const name = count === 0 ? step.name : `${step.name}:retry-${count}`;
    const ending = await attempt(scene, step, step.do, name, sliceMs, count > 0);
    if (ending.state !== "failed" || count >= retries) return ending;
  }
}

/**
 * A block that changes something, as one durable step. When an earlier attempt may have had its effect, the written
 * idempotence decides, never a guess.
 */
async function attempt(scene: RunScene, step: Step, block: Block, name: string, sliceMs: number, isRetry = false): Promise<Ending> {
  const { run, input, hands } = scene;
  const result = await run.step(name, async ({ signal, isRepeat }): Promise<BlockResult | "done-before" | "ask"> => {
    if ((isRepeat || isRetry) && step.idempotent !== "yes") {
      if (step.verify === undefined) return "ask";
      const seen = await runBlock(step.verify, step, input, hands, limitOf(step.verify, step, sliceMs), signal);
      if (seen.isDone) return "done-before";
      if (step.idempotent === "no") return "ask";
    }
    return await runBlock(block, step, input, hands, limitOf(block, step, sliceMs), signal);
  });
  if (result === "ask") return { state: "needs-human", message: message("run.repeat-unclear", { step: step.name }), output: "" };
  if (result === "done-before") return { state: "done", message: message("run.done-before"), output: "" };
  return ended(result, block);
}

/** A block's own limit, cut down in the proportion in which the budget cut the step. */
function limitOf(block: Block, step: Step, sliceMs: number): number {
  return Math.max(1, Math.floor(block.timeoutMs * Math.min(1, sliceMs / longestMs(step))));
}

/** A step that was done is done only when its verify block says so; an overrun may still have worked. */
async function verify(scene: RunScene, step: Step, before: Ending, sliceMs: number, suffix = ""): Promise<Ending> {
  if (step.verify === undefined) return before;
  const seen = await look(scene, step, step.verify, sliceMs, suffix);
  if (seen.isDone) return { state: "done", message: message("run.verified"), output: before.output };
  const why = before.state === "done" ? message("run.not-verified") : before.message;
  return { state: "failed", message: why, output: [before.output, seen.output].filter((text) => text !== "").join("\n") };
}

/** Guard and verify only look, and may look again after a crash. */
async function look({ run, input, hands }: RunScene, step: Step, block: Block, sliceMs: number, suffix = ""): Promise<BlockResult> {
  return await run.step(block.name + suffix, ({ signal }) => runBlock(block, step, input, hands, limitOf(block, step, sliceMs), signal));
}

function ended(result: BlockResult, block: Block): Ending {
  const { output } = result;
  if (result.isDone) return { state: "done", message: message("run.done"), output };
  if (result.isTimedOut) return { state: "failed", message: message("run.overrun", { block: block.name }), output };
  const reason = verbatim(output.split("\n").findLast((line) => !line.trimStart().startsWith("→")) ?? "");
  return {
    state: "failed",
    message: message("run.exit", { code: result.exitCode ?? "–", reason }),
    output,
    ...(result.isRefused === true ? { isRefused: true } : {}),
  };
}

/** Puts one step back. A step without an undo block stays as it is and is named so. */
export async function undoStep(scene: RunScene, step: Step, runId = scene.run.id): Promise<StepReport> {
  const { run, hands } = scene;
  const { undo } = step;
  if (undo === undefined) return { name: step.name, state: "done", durationMs: 0, message: message("run.no-undo"), output: "" };
  const startedAt = await run.now();
  const ending = await withLock(scene, step, undo.name, () => putBack(scene, step, undo), "undo-failed");
  const durationMs = (await run.now()) - startedAt;
  const report: StepReport = { name: step.name, durationMs, ...ending };
  await hands.logbook.write({ kind: "step-ended", runId, ...report }, `${run.id}:${step.name}:undone`);
  return report;
}

/** An undo found begun is repeated only while the step's effect can still be seen; without a look at it a person decides. */
async function putBack({ run, input, hands }: RunScene, step: Step, undo: Block): Promise<Ending> {
  const result = await run.step(undo.name, async ({ signal, isRepeat }): Promise<BlockResult | "done-before" | "ask"> => {
    if (isRepeat && undo.attributes["idempotent"] !== "yes") {
      if (step.verify === undefined) return "ask";
      const seen = await runBlock(step.verify, step, input, hands, step.verify.timeoutMs, signal);
      if (!seen.isDone) return "done-before";
    }
    return await runBlock(undo, step, input, hands, undo.timeoutMs, signal);
  });
  if (result === "ask") return { state: "undo-failed", message: message("run.undo-unclear", { step: step.name }), output: "" };
  if (result === "done-before") return { state: "undone", message: message("run.undone"), output: "" };
  return {
    state: result.isDone ? "undone" : "undo-failed",
    message: result.isDone ? message("run.undone") : message("run.undo-failed"),
    output: result.output,
  };
}
