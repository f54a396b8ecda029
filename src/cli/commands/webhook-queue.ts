import { pauseSwitch } from "../../gateway/inbox/worker.ts";
import { readQueueStatus, type QueueStatus } from "../../gateway/inbox/queue-status.ts";
import { skipDead } from "../../gateway/inbox/skip.ts";
import { exitCodes } from "../../kernel/failure.ts";
import { message, say } from "../../kernel/message.ts";
import { listSwitches } from "../../switches/switch.ts";
import { done, type Call, type Command } from "../command.ts";
import { momentText } from "../moment-text.ts";
import type { Line } from "../line.ts";
import { ageText, countsText, filterOptions, openInboxStore, personOf, readFilter, readIds, readReason } from "./queue-words.ts";

export const webhookQueueStatus: Command = {
  words: [],
  options: filterOptions,
  async run(call) {
    const { app } = call;
    const pool = await openInboxStore(app);
    const status = await readQueueStatus(pool, readFilter("webhook:queue-status", call));
    const pause = (await listSwitches(await app.durable(), app.clock.now())).find(({ key }) => key === pauseSwitch);
    const paused =
      pause === undefined ? [] : [message("queue.is-paused", { reason: pause.reason, until: momentText(pause.expiresAt, app) })];
    return done({ ...status, isPaused: pause !== undefined }, [...paused, ...statusLines(status, call)]);
  },
};

/** Also the inbox's part of `queue:status`. */
export function statusLines(status: QueueStatus, { screen }: Pick<Call, "screen">): Line[] {
  const { language } = screen;
  if (status.groups.length === 0) return [message("queue.inbox-empty")];
  const groups = status.groups.map(({ provider, companyId, counts }) =>
    message("queue.group-line", {
      name: `${provider} ${companyId ?? say(message("queue.no-company"), language)}`,
      counts: countsText(counts, language),
    }),
  );
  const { waiting, oldestAgeMs = 0, finishedPerSecond, arrivedPerSecond, drainMs, unknownShapes, unresolved, blockedKeys } = status;
  const summary =
    waiting === 0
      ? message("queue.nothing-waits")
      : message("queue.waiting-line", {
          waiting,
          age: ageText(oldestAgeMs),
          finished: finishedPerSecond.toFixed(1),
          arrived: arrivedPerSecond.toFixed(1),
          drain: drainMs === undefined ? message("queue.never") : ageText(drainMs),
        });
  const strange = unknownShapes + unresolved > 0 ? [message("queue.strange-line", { unknown: unknownShapes, unresolved })] : [];
  const blocked = blockedKeys.map(({ eventId, eventType, status: state, waiting: held, error = "–" }) =>
    message("queue.blocked-line", { event: eventId, type: eventType, status: message(`queue.state.${state}`), waiting: held, error }),
  );
  return [summary, ...groups, ...strange, ...blocked, ...(blocked.length > 0 ? [message("queue.blocked-next")] : [])];
}

export const webhookSkip: Command = {
  words: ["NUMBER…"],
  options: { reason: { value: "TEXT", what: message("option.reason") }, by: { value: "NAME", what: message("option.quarantine-by") } },
  async run(call) {
    const ids = readIds("webhook:skip", call.words);
    const reason = readReason("webhook:skip", call);
    const pool = await openInboxStore(call.app);
    if (call.isDryRun) {
      const { rows } = await pool.query<{ id: string }>(
        "select id from gateway.inbox_event where id = any($1::bigint[]) and status = 'dead'",
        [ids],
      );
      return done({ isDryRun: true, ids: rows.map(({ id }) => id) }, [message("quarantine.would", { count: rows.length })]);
    }
    const skipped = await skipDead(pool, { ids, reason, by: personOf(call) });
    return skipped.length > 0
      ? done({ skipped }, [message("skip.done", { count: skipped.length })])
      : done({ skipped }, [message("skip.none")], exitCodes.refused);
  },
};
