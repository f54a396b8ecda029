import { exitCodes, Failure } from "../../kernel/failure.ts";
import { seconds } from "../../kernel/clock.ts";
import { parseDuration } from "../../kernel/duration.ts";
import { message, say } from "../../kernel/message.ts";
import type { App } from "../../app.ts";
import type { SqlConnection } from "../../integrations/sql-session.ts";
import { reloadService } from "../../responder/bring-back.ts";
import { sqlConnectionOf } from "../../responder/database-connection.ts";
import { endSessions, planEnd } from "../../sessions/end.ts";
import { listSessions } from "../../sessions/list.ts";
import type { DatabaseSession } from "../../sessions/session.ts";
import { nearestOf, usage } from "../arguments.ts";
import { done, type Command } from "../command.ts";
import type { Screen } from "../screen.ts";
import { clockText } from "../show-picture.ts";

export const databaseSessions: Command = {
  words: ["[DATABASE]"],
  options: {},
  async run({ app, words: [name], screen, signal }) {
    const named = await findDatabases(app, name, "db:sessions");
    const lists = await Promise.all(
      named.map(async ([database, connection]) => ({ database, ...(await listSessions(connection, signal)) })),
    );
    return done(
      { databases: lists.map(({ database, sessions, used, max, isPartial }) => ({ database, used, max, isPartial, sessions })) },
      lists.flatMap(({ database, sessions, used, max }) => [
        message("db.sessions", { database, used, max }),
        ...sessions.slice(0, 15).map((session) => `  ${describe(session, screen)}`),
      ]),
    );
  },
};

/**
 * Ends named sessions, or, with --idle, those that have held a transaction open without working for longer than that;
 * then lets the services that pool connections take new ones.
 */
export const databaseReconnect: Command = {
  words: ["[DATABASE]"],
  options: {
    end: { value: "ID,…", what: message("option.end") },
    idle: { value: "60s", what: message("option.idle") },
    reload: { value: "SERVICE,…", what: message("option.reload") },
    confirm: { what: message("cli.option.confirm") },
  },
  async run({ app, words: [name], values, flags, isDryRun, screen, signal }) {
    const [[database, connection] = missing()] = await findDatabases(app, name, "db:reconnect");
    const { sessions } = await listSessions(connection, signal);
    // What the database's own entry calls too long is too long here as well.
    const allowedMs = (await app.loaded()).config.databases[database]?.watch.spec["longestTransaction"];
    const idleMs = values.has("idle") ? parseDuration(values.get("idle") ?? "") : typeof allowedMs === "number" ? allowedMs : seconds(60);
    if (idleMs === undefined) throw usage("db:reconnect", message("option.idle"));
    const ids = values.has("end") ? readIds(values.get("end") ?? "") : idleOver(sessions, idleMs);
    const plan = await planEnd(connection, ids, signal);
    const shown = [
      message("db.would-end", { database, count: plan.sessions.length }),
      ...plan.sessions.map((session) => `  ${describe(session, screen)}`),
      ...plan.refusals.map(({ id, reason }) => `  ✋ ${id}: ${say(reason, screen.language)}`),
    ];
    if (isDryRun) return done({ database, isDryRun, plan }, shown);
    if (plan.sessions.length > 0 && !flags.has("confirm")) {
      for (const line of shown) screen.tell(line);
      const answer = await screen.ask(message("approval.question", { word: say(message("approval.yes"), screen.language) }));
      if (answer?.toLowerCase() !== say(message("approval.yes"), screen.language)) {
        throw new Failure("approval-missing", message("cli.not-confirmed"), message("cli.not-confirmed-next"));
      }
    }
    const outcomes = await endSessions(connection, plan, signal);
    const reloads = (values.get("reload") ?? "").split(",").filter((service) => service !== "");
    for (const service of reloads) await reloadService(app, service, signal);
    const remaining = outcomes.filter(({ state }) => state === "remains").length;
    return done(
      { database, outcomes, reloads, refusals: plan.refusals },
      [
        ...shown.slice(1),
        message("db.ended", { count: outcomes.filter(({ state }) => state === "ended").length, database }),
        ...reloads.map((service) => message("db.reloaded", { service })),
      ],
      remaining > 0 ? exitCodes.refused : exitCodes.allClear,
    );
  },
};

function missing(): never {
  throw usage("db:reconnect", message("db.none"));
}

/** Sessions that keep a transaction open and do nothing: they hold locks for nobody. */
function idleOver(sessions: readonly DatabaseSession[], idleMs: number): number[] {
  const isIdle = ({ state }: DatabaseSession): boolean => /^(sleep|idle in transaction)/i.test(state);
  return sessions
    .filter((session) => isIdle(session) && (session.transactionMs ?? 0) > idleMs && session.protectedBy === undefined)
    .map(({ id }) => id);
}

function readIds(text: string): number[] {
  const ids = text.split(",").map(Number);
  if (ids.some((id) => !Number.isSafeInteger(id) || id <= 0)) throw usage("db:reconnect", message("option.end"));
  return ids;
}

async function findDatabases(app: App, name: string | undefined, command: string): Promise<[string, SqlConnection][]> {
  const { config } = await app.loaded();
  const all = Object.entries(config.databases).flatMap(([each, entry]): [string, SqlConnection][] => {
    const connection = sqlConnectionOf(entry);
    return connection === undefined ? [] : [[each, connection]];
  });
  // A service's name means the database it runs.
  const wanted = name === undefined ? all : all.filter(([each]) => each === name || config.databases[each]?.service === name);
  if (wanted.length > 0) return wanted;
  throw usage(
    command,
    message("db.unknown", {
      name: name ?? "",
      nearest:
        nearestOf(
          name ?? "",
          all.map(([each]) => each),
        ) ?? "–",
    }),
  );
}

function describe({ id, user, client, state, transactionMs, statement, protectedBy }: DatabaseSession, screen: Screen): string {
  const transaction = transactionMs === undefined ? "" : screen.style(` ${clockText(transactionMs)}`, "warn");
  const reason = protectedBy === undefined ? "" : ` (${say(protectedBy, screen.language)})`;
  return `${id}  ${user}@${client}  ${state}${transaction}  ${screen.style(statement.slice(0, 80), "dim")}${reason}`;
}
