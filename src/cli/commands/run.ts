import { userInfo } from "node:os";
import type { App } from "../../app.ts";
import { exitCodes, Failure } from "../../kernel/failure.ts";
import { listStrandedRuns } from "../../kernel/durable/stranded-runs.ts";
import { newId } from "../../kernel/ids.ts";
import { message, type Message } from "../../kernel/message.ts";
import { holdResponderLock } from "../../kernel/responder-lock.ts";
import { approvalTopic, type Approval } from "../../playbooks/run-contract.ts";
import { parsePlaybook } from "../../playbooks/parse.ts";
import { listRuns, readRun, type StoredRun } from "../../responder/stored-runs.ts";
import { done, type Command } from "../command.ts";
import { momentText } from "../moment-text.ts";
import { runDocument, runLines } from "../show-run.ts";

export const runList: Command = {
  words: [],
  options: {},
  async run({ app, screen }) {
    const durable = await app.durable();
    const runs = await listRuns(durable);
    const stranded = durable.store === undefined ? [] : await listStrandedRuns(durable.store.pool);
    return done(
      {
        runs: runs.map(({ id, playbookId, subject, state, startedAt }) => ({
          id,
          playbookId,
          subject,
          state,
          startedAt: new Date(startedAt).toISOString(),
        })),
        stranded,
      },
      [
        ...(runs.length === 0 ? [message("run.none")] : []),
        ...stranded.map(({ id, shape }) => message("run.stranded", { run: id, shape })),
        ...runs.map(
          ({ id, playbookId, subject, state, startedAt }) =>
            `${id}  ${state.padEnd(12)} ${playbookId} → ${subject}  ${screen.style(momentText(startedAt, app), "dim")}`,
        ),
      ],
    );
  },
};

export const runShow: Command = {
  words: ["RUN"],
  options: {},
  async run({ app, words: [id = ""], screen }) {
    const run = await find(app, id);
    return done(
      { ...runDocument(run.outcome, screen.language), playbookHash: run.playbookHash, playbookText: run.playbookText },
      runLines(run.outcome, screen),
    );
  },
};

export const runResume: Command = {
  words: ["RUN"],
  options: {},
  async run({ app, words: [id = ""], screen, isDryRun }) {
    const run = await find(app, id);
    if (run.state !== "running") {
      throw new Failure("run-lost", message("run.ended-already", { run: id, state: run.state }), message("run.see", { run: id }));
    }
    if (isDryRun) return done(runDocument(run.outcome, screen.language), runLines(run.outcome, screen));
    const outcome = await alone(app, async () => (await app.durable()).run(id, run.input));
    return done(
      runDocument(outcome, screen.language),
      runLines(outcome, screen),
      outcome.state === "succeeded" ? exitCodes.allClear : exitCodes.refused,
    );
  },
};

export const runCancel: Command = {
  words: ["RUN"],
  options: {},
  async run({ app, words: [id = ""], isDryRun }) {
    const run = await find(app, id);
    if (run.state !== "running") {
      throw new Failure("run-lost", message("run.ended-already", { run: id, state: run.state }), message("run.see", { run: id }));
    }
    if (!isDryRun) {
      const durable = await app.durable();
      await durable.mailbox.cancel(id);
      await durable.logbook.write({
        kind: "run-ended",
        runId: id,
        state: "cancelled",
        message: message("run.cancelled", { by: userInfo().username }),
      });
    }
    return done({ id, state: "cancelled", isDryRun }, [message("run.cancelled", { by: userInfo().username })]);
  },
};

export const runUndo: Command = {
  words: ["RUN"],
  options: {},
  async run({ app, words: [id = ""], screen, isDryRun }) {
    const run = await find(app, id);
    if (run.state === "running") {
      throw new Failure("run-busy", message("run.still-running", { run: id }), message("run.cancel-first", { run: id }));
    }
    const { playbook } = parsePlaybook(run.playbookText, run.input.playbookPath);
    const doneSteps = new Set(run.outcome.steps.filter(({ state }) => state === "done" || state === "failed").map(({ name }) => name));
    const undoable = (playbook?.steps ?? []).filter((step) => step.undo !== undefined && doneSteps.has(step.name)).toReversed();
    if (isDryRun || undoable.length === 0) {
      const lines = undoable.flatMap((step) => [
        `${step.name}:`,
        ...(step.undo?.body
          .trim()
          .split("\n")
          .map((line) => `    ${line}`) ?? []),
      ]);
      return done(
        { id, steps: undoable.map(({ name }) => name), isDryRun },
        undoable.length === 0 ? [message("run.nothing-to-undo")] : lines,
      );
    }
    const outcome = await alone(app, async () =>
      (await app.durable()).undo(newId("undo"), { runId: id, input: run.input, steps: undoable.map(({ name }) => name) }),
    );
    return done(
      runDocument(outcome, screen.language),
      runLines(outcome, screen),
      outcome.state === "undone" ? exitCodes.allClear : exitCodes.refused,
    );
  },
};

export const runApprove: Command = {
  words: ["RUN", "STEP"],
  options: { refuse: { what: message("option.refuse") }, by: { value: "NAME", what: message("option.by") } },
  async run({ app, words: [id = "", stepName = ""], flags, values, isDryRun }) {
    const run = await find(app, id);
    const step = parsePlaybook(run.playbookText, run.input.playbookPath).playbook?.steps.find(({ name }) => name === stepName);
    if (step === undefined) {
      throw new Failure("not-found", message("run.no-step", { step: stepName, run: id }), message("run.see", { run: id }));
    }
    const text = [
      `${step.name} (${step.risk}) ${step.hash.slice(0, 12)}`,
      ...step.do.body
        .trim()
        .split("\n")
        .map((line) => `    ${line}`),
    ];
    if (isDryRun) return done({ id, step: stepName, hash: step.hash, text: step.do.body }, text);
    const approval: Approval = { by: values.get("by") ?? userInfo().username, stepHash: step.hash, isGranted: !flags.has("refuse") };
    const delivery = await (await app.durable()).mailbox.send(id, approvalTopic(stepName), approval, newId("approval"));
    const says: Record<typeof delivery, Message> = {
      delivered: message("approval.sent"),
      "too-late": message("approval.too-late"),
      "unknown-run": message("run.unknown", { run: id }),
    };
    return done(
      { id, step: stepName, delivery },
      [...text, says[delivery]],
      delivery === "delivered" ? exitCodes.allClear : exitCodes.refused,
    );
  },
};

/** One responder at a time: a second process on the same run would do everything twice. */
async function alone<Value>(app: App, work: () => Promise<Value>): Promise<Value> {
  const lock = await holdResponderLock(app.lockFolder);
  if (lock === undefined) throw new Failure("run-busy", message("responder.busy"), message("run.busy-next"));
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function find(app: App, id: string): Promise<StoredRun> {
  const run = await readRun(await app.durable(), id);
  if (run === undefined) throw new Failure("not-found", message("run.unknown", { run: id }), message("run.list-next"));
  return run;
}
