import { planReplay, type ReplayPlan } from "../../gateway/inbox/replay-plan.ts";
import { cancelReplay, runReplay, type ReplayEnd } from "../../gateway/inbox/replay-run.ts";
import { eventStates, type EventState } from "../../gateway/inbox/inbox-row.ts";
import { exitCodes } from "../../kernel/failure.ts";
import { message, type Message } from "../../kernel/message.ts";
import { usage } from "../arguments.ts";
import { done, type Call, type Command, type Outcome } from "../command.ts";
import { indented, type Line } from "../line.ts";
import { momentText } from "../moment-text.ts";
import { countsText, filterOptions, openInboxStore, readCount, readFilter } from "./queue-words.ts";

const name = "webhook:replay";

/** Without --plan it only plans; the plan is what is run, and nothing that came later. */
export const webhookReplay: Command = {
  words: [],
  options: {
    ...filterOptions,
    "include-done": { what: message("option.include-done") },
    plan: { value: "ID", what: message("option.replay-plan") },
    cancel: { value: "ID", what: message("option.replay-cancel") },
    rate: { value: "50", what: message("option.replay-rate") },
  },
  async run(call) {
    const { app, values, flags, isDryRun } = call;
    const perSecond = readCount(name, call, "rate", 50);
    const pool = await openInboxStore(app);
    const cancelled = values.get("cancel");
    if (cancelled !== undefined) {
      const wasRunning = isDryRun || (await cancelReplay(pool, cancelled));
      return wasRunning
        ? done({ replayId: cancelled, isDryRun }, [message("replay.stop-sent", { plan: cancelled })])
        : done({ replayId: cancelled }, [message("replay.not-running", { plan: cancelled })], exitCodes.refused);
    }
    const planId = values.get("plan");
    if (planId !== undefined && !isDryRun) {
      const end = await runReplay(pool, planId, {
        perSecond,
        clock: app.clock,
        signal: call.signal,
        onProgress: (progress) => call.screen.draw([message("replay.progress", progress)]),
      });
      return showEnd(planId, end);
    }
    if (planId !== undefined) {
      const { rows } = await pool.query<{ plan: ReplayPlan }>("select plan from gateway.replay where replay_id = $1", [planId]);
      const [row] = rows;
      if (row === undefined) throw usage(name, message("replay.unknown", { plan: planId }));
      return showPlan(row.plan, call);
    }
    if (values.get("since") === undefined) throw usage(name, message("replay.since-missing"));
    const filter = readFilter(name, call);
    const plan = await planReplay(pool, {
      filter,
      includesDone: flags.has("include-done"),
      timeZone: app.timeZone,
      now: app.clock.now(),
      isDryRun,
    });
    return showPlan(plan, call);
  },
};

function showPlan(plan: ReplayPlan, { app, screen, isDryRun }: Call): Outcome {
  const { count, byType, byCompany, byDay, byStatus, leftOut, sample } = plan;
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([key, each]) => `${key} ${each}`)
      .join(", ");
  const below = (line: Message): string => indented(line, screen.language);
  const stateText = (status: string): EventState => eventStates.find((state) => state === status) ?? "dead";
  const what: Line[] =
    count === 0
      ? [message("replay.nothing")]
      : [
          message("replay.plan-line", { count, statuses: countsText(byStatus, screen.language) }),
          below(message("replay.by-line", { what: message("replay.by-type"), counts: counts(byType) })),
          below(message("replay.by-line", { what: message("replay.by-company"), counts: counts(byCompany) })),
          below(message("replay.by-line", { what: message("replay.by-day"), counts: counts(byDay) })),
          below(message("replay.effects")),
          ...sample.map(({ id, eventType, status, receivedAt }) =>
            below(
              message("replay.sample-line", {
                id,
                type: eventType,
                status: message(`queue.state.${stateText(status)}`),
                at: momentText(Date.parse(receivedAt), app),
              }),
            ),
          ),
        ];
  const next = count > 0 && !isDryRun ? [message("replay.run-next", { plan: plan.replayId, until: momentText(plan.expiresAt, app) })] : [];
  const left = Object.values(leftOut).some((each) => each > 0) ? [below(message("replay.left-out", leftOut))] : [];
  return done({ ...plan, isDryRun }, [...what, ...left, ...next]);
}

function showEnd(planId: string, end: ReplayEnd): Outcome {
  const { done: applied, failed, skipped, waiting, takenBack, planned } = end;
  const document = { replayId: planId, ...end };
  if (end.end === "nobody-works") return done(document, [message("replay.nobody-works", { waiting })], exitCodes.refused);
  if (end.end === "cancelled") {
    return done(
      document,
      [message("replay.cancelled", { done: applied, failed, open: takenBack + planned, plan: planId })],
      exitCodes.refused,
    );
  }
  return done(
    document,
    [message("replay.finished", { done: applied, failed, skipped })],
    failed > 0 ? exitCodes.refused : exitCodes.allClear,
  );
}
