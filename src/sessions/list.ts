import { DatabaseFault } from "../integrations/database-fault.ts";
import { maskStatement } from "../integrations/sql-mask.ts";
import { withSql, type SqlConnection } from "../integrations/sql-session.ts";
import { toNumber, toText, type SqlRow, type SqlSession } from "../integrations/sql-types.ts";
import { message, type Message } from "../kernel/message.ts";
import { mariadbReader } from "../probes/mariadb-reading.ts";
import { postgresReader } from "../probes/postgres-reading.ts";
import { sortSessions, type DatabaseSession, type SessionList } from "./session.ts";

/** A list is a question to a database that may be in trouble: it must not wait long. */
export const statementMs = 4000;

/**
 * Who is connected, what they do and how long their transaction lasts; the longest first.
 * @throws {DatabaseFault}
 */
export async function listSessions(database: SqlConnection, signal: AbortSignal): Promise<SessionList> {
  return await withSql(database, signal, statementMs, readSessions);
}

/** The same over an open connection. */
export async function readSessions(session: SqlSession): Promise<SessionList> {
  return session.engine === "mariadb" ? await readMariadbSessions(session) : await readPostgresSessions(session);
}

async function readMariadbSessions(session: SqlSession): Promise<SessionList> {
  const { query } = session;
  const counts = await mariadbReader.readConnections(session);
  const [server] = await query("SHOW GLOBAL STATUS LIKE 'Uptime'");
  const [clock] = await query("SELECT UNIX_TIMESTAMP() AS now, CONNECTION_ID() AS own");
  // Thread ids begin anew with the server: its start, to the ten seconds that two readings may differ by, is part of the identity.
  const startedAt = Math.round(((toNumber(clock?.["now"]) ?? 0) - (toNumber(server?.["Value"]) ?? 0)) / 10);
  const own = toNumber(clock?.["own"]);
  const rows = await query(
    "SELECT ID AS id, USER AS user, HOST AS client, DB AS db, COMMAND AS command, TIME AS seconds, STATE AS state, INFO AS statement FROM information_schema.PROCESSLIST",
  );
  const transactions = await query(
    "SELECT trx_mysql_thread_id AS id, TIMESTAMPDIFF(MICROSECOND, trx_started, NOW(6)) / 1000 AS ageMs FROM information_schema.INNODB_TRX",
  ).catch((error: unknown) => {
    if (error instanceof DatabaseFault && error.kind === "privilege") return undefined;
    throw error;
  });
  const ages = new Map((transactions ?? []).map((row) => [toNumber(row["id"]), Math.max(0, Math.round(toNumber(row["ageMs"]) ?? 0))]));
  const sessions = rows.map((row): DatabaseSession => {
    const id = toNumber(row["id"]) ?? 0;
    const user = toText(row["user"]);
    const client = toText(row["client"]) || "local";
    const transactionMs = ages.get(id);
    const command = toText(row["command"]);
    const guard = id === own ? message("session.own") : protectMariadb(user, command);
    return {
      id,
      user,
      client,
      database: toText(row["db"]),
      state: [command, toText(row["state"])].filter((part) => part !== "").join(": "),
      ageMs: (toNumber(row["seconds"]) ?? 0) * 1000,
      statement: maskStatement(toText(row["statement"]), "mariadb"),
      identity: `${startedAt}/${id}/${user}/${client}`,
      ...(transactionMs === undefined ? {} : { transactionMs }),
      ...(guard === undefined ? {} : { protectedBy: guard }),
    };
  });
  return { sessions: sortSessions(sessions), ...counts, isPartial: transactions === undefined };
}

function protectMariadb(user: string, command: string): Message | undefined {
  if (/^(Binlog Dump|Slave_|Replica|Connect$|Register)/i.test(command)) return message("session.replication");
  return user === "system user" || user === "event_scheduler" || command === "Daemon" ? message("session.internal") : undefined;
}

async function readPostgresSessions(session: SqlSession): Promise<SessionList> {
  const counts = await postgresReader.readConnections(session);
  const rows = await session.query(
    `SELECT pid, usename, coalesce(client_addr::text, 'local') AS client, datname, state, query, backend_type, backend_start::text AS started, pid = pg_backend_pid() AS "isOwn",
            extract(epoch FROM clock_timestamp() - backend_start) * 1000 AS "ageMs", extract(epoch FROM clock_timestamp() - xact_start) * 1000 AS "transactionMs"
       FROM pg_stat_activity WHERE datid IS NOT NULL OR backend_type = 'walsender'`,
  );
  const sessions = rows.map(toPostgresSession);
  return { sessions: sortSessions(sessions), ...counts, isPartial: rows.some((row) => row["query"] === "<insufficient privilege>") };
}

function toPostgresSession(row: SqlRow): DatabaseSession {
  const id = toNumber(row["pid"]) ?? 0;
  const user = toText(row["usename"]);
  const transactionMs = toNumber(row["transactionMs"]);
  const kind = row["backend_type"];
  const guard =
    row["isOwn"] === true
      ? message("session.own")
      : kind === "walsender"
        ? message("session.replication")
        : kind === "client backend"
          ? undefined
          : kind === null
            ? message("session.hidden")
            : message("session.internal");
  return {
    id,
    user,
    client: toText(row["client"]),
    database: toText(row["datname"]),
    state: toText(row["state"]) || toText(kind),
    ageMs: Math.max(0, Math.round(toNumber(row["ageMs"]) ?? 0)),
    statement: maskStatement(toText(row["query"]), "postgres"),
    identity: `${toText(row["started"])}/${id}/${user}`,
    ...(transactionMs === undefined ? {} : { transactionMs: Math.max(0, Math.round(transactionMs)) }),
    ...(guard === undefined ? {} : { protectedBy: guard }),
  };
}
