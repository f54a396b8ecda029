import type { Pool } from "pg";
import { readConfirmations, wantConfirmation } from "../../gateway/inbox/confirmation-job.ts";
import { grantRelease, requestRelease } from "../../gateway/inbox/override.ts";
import { discardQuarantined, listQuarantined, showEvent } from "../../gateway/inbox/quarantine.ts";
import { reverifyQuarantine, reverifyWith } from "../../gateway/inbox/reverify.ts";
import { seconds } from "../../kernel/clock.ts";
import { exitCodes, Failure } from "../../kernel/failure.ts";
import { message } from "../../kernel/message.ts";
import { nearestOf, usage } from "../arguments.ts";
import { done, type Call, type Command, type Outcome } from "../command.ts";
import { indented } from "../line.ts";
import { momentText } from "../moment-text.ts";
import { openInboxStore, personOf, readCount, readIds, readReason } from "./queue-words.ts";

const name = "webhook:quarantine";

/** What could not be verified: looked at, and let out in three ways only. There is no way to switch the check off. */
export const webhookQuarantine: Command = {
  words: ["[ACTION]", "[NUMBER…]"],
  options: {
    provider: { value: "NAME", what: message("option.queue-provider") },
    limit: { value: "20", what: message("option.list-limit") },
    reason: { value: "TEXT", what: message("option.reason") },
    by: { value: "NAME", what: message("option.quarantine-by") },
  },
  async run(call) {
    const [action = "list", ...rest] = call.words;
    const act = actions[action as keyof typeof actions];
    if (act === undefined) {
      throw usage(name, message("quarantine.action-unknown", { action, nearest: nearestOf(action, Object.keys(actions)) ?? "list" }));
    }
    return await act(call, rest, await openInboxStore(call.app));
  },
};

type Action = (call: Call, rest: readonly string[], pool: Pool) => Promise<Outcome>;

const list: Action = async (call, _, pool) => {
  const provider = call.values.get("provider");
  const limit = readCount(name, call, "limit", 20);
  const { count, events } = await listQuarantined(pool, { limit, ...(provider === undefined ? {} : { provider }) });
  if (count === 0) return done({ count, events }, [message("quarantine.none")]);
  const lines = events.map(({ id, receivedAt, eventType, duplicates, provider: from, verdict, bytes }) =>
    indented(
      message("quarantine.line", {
        id,
        at: momentText(receivedAt, call.app),
        provider: from,
        type: eventType,
        verdict,
        bytes,
        times: duplicates + 1,
      }),
      call.screen.language,
    ),
  );
  return done({ count, events }, [message("quarantine.count", { count }), ...lines, message("quarantine.next")]);
};

const show: Action = async (_, rest, pool) => {
  const [id = ""] = readIds(name, rest);
  const event = id === "" ? undefined : await showEvent(pool, id);
  if (event === undefined) throw new Failure("not-found", message("quarantine.unknown", { id }), message("quarantine.list-next"));
  return done(event, [JSON.stringify(event, null, 2)]);
};

/** The same that the gateway does by itself when a key is added. */
const verify: Action = async ({ app, isDryRun, signal }, _, pool) => {
  const { gateway } = (await app.loaded()).config;
  if (gateway === undefined) throw new Failure("config-invalid", message("quarantine.no-gateway"), message("quarantine.no-gateway-next"));
  if (isDryRun) return await countAll(pool);
  const result = await reverifyQuarantine(pool, reverifyWith(gateway), signal);
  return done(result, [message("quarantine.verified", result)]);
};

const answerLimitMs = seconds(90);

/** Asks the vendor through the gateway, which holds the shared limit and the breakers. */
const confirm: Action = async ({ app, screen, isDryRun, signal }, rest, pool) => {
  const ids = await namedOrAll(pool, rest);
  if (isDryRun) return done({ isDryRun, ids }, [message("quarantine.would", { count: ids.length })]);
  const count = await wantConfirmation(pool, ids);
  if (count === 0) return done({ answers: [] }, [message("quarantine.none")]);
  screen.tell(message("quarantine.asking", { count }));
  const until = app.clock.monotonicMs() + answerLimitMs;
  for (;;) {
    const answers = await readConfirmations(pool, ids);
    const isOpen = answers.some(({ result }) => result === "asking");
    if (!isOpen || app.clock.monotonicMs() > until) {
      const lines = answers.map((answer) => indented(message("quarantine.answer-line", answer), screen.language));
      return done({ answers }, lines, isOpen ? exitCodes.refused : exitCodes.allClear);
    }
    await app.clock.sleep(500, signal);
  }
};

const release: Action = async (call, rest, pool) => {
  const ids = readIds(name, rest);
  const reason = readReason(name, call);
  const { clock } = call.app;
  if (call.isDryRun) return done({ isDryRun: true, ids }, [message("quarantine.would", { count: ids.length })]);
  const request = await requestRelease(pool, { ids, reason, by: personOf(call), now: clock.now() });
  const { requestId, count, expiresAt } = request;
  return done(request, [message("quarantine.requested", { request: requestId, count, until: momentText(expiresAt, call.app) })]);
};

const grant: Action = async (call, [requestId = ""], pool) => {
  const { rows } = await pool.query<{ count: number }>(
    "select cardinality(event_ids) as count from gateway.release_request where request_id = $1",
    [requestId],
  );
  if (call.isDryRun && rows[0] !== undefined) {
    return done({ isDryRun: true, requestId }, [message("quarantine.would", { count: rows[0].count })]);
  }
  const released = await grantRelease(pool, { requestId, by: personOf(call), now: call.app.clock.now() });
  return done({ requestId, ...released }, [message("quarantine.granted", released)]);
};

const discard: Action = async (call, rest, pool) => {
  const ids = readIds(name, rest);
  const reason = readReason(name, call);
  if (call.isDryRun) return done({ isDryRun: true, ids }, [message("quarantine.would", { count: ids.length })]);
  const count = await discardQuarantined(pool, { ids, reason, by: personOf(call) });
  return done({ count }, [message("quarantine.discarded", { count })], count === ids.length ? exitCodes.allClear : exitCodes.refused);
};

const actions = { list, show, verify, confirm, release, grant, discard } as const;

async function countAll(pool: Pool): Promise<Outcome> {
  const { count } = await listQuarantined(pool, { limit: 1 });
  return done({ isDryRun: true, count }, [message("quarantine.would", { count })]);
}

/** Without numbers: the newest hundred that a vendor can be asked about. */
async function namedOrAll(pool: Pool, words: readonly string[]): Promise<string[]> {
  const ids = readIds(name, words);
  if (ids.length > 0) return ids;
  const { rows } = await pool.query<{ id: string }>(
    "select id from gateway.inbox_event where status = 'quarantined' and provider in ('retell', 'calcom') order by id desc limit 100",
  );
  return rows.map(({ id }) => id);
}
