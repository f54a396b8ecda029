import { maskStatement } from "../integrations/sql-mask.ts";
import { toNumber } from "../integrations/sql-types.ts";
import type { DatabaseReader } from "./database-look.ts";
import { hashColumns } from "./mariadb-reading.ts";
import { canaryTable, type TableIdentity } from "./table-watch.ts";

/** How PostgreSQL (14 and newer) answers the questions of a look. Rights needed: SELECT; `pg_monitor` for others' transactions and replication lag. */
export const postgresReader: DatabaseReader = {
  async readConnections({ query }) {
    const [row] = await query(
      `SELECT (SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend') AS used,
              current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS max`,
    );
    return { used: toNumber(row?.["used"]) ?? 0, max: toNumber(row?.["max"]) ?? 0 };
  },

  // A prepared transaction belongs to no session and blocks vacuum for ever; everyone may see it.
  async readLongestTransaction({ query }) {
    const [row] = await query(
      `SELECT * FROM (
         SELECT format('%s@%s #%s', usename, coalesce(client_addr::text, 'local'), pid) AS who, xact_start AS since, state, query AS statement
           FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND backend_type = 'client backend'
         UNION ALL SELECT format('%s, prepared %s', owner, gid), prepared, 'prepared', '' FROM pg_prepared_xacts
       ) running, LATERAL (SELECT extract(epoch FROM clock_timestamp() - since) * 1000 AS "ageMs") age ORDER BY since LIMIT 1`,
    );
    // Without the right, others' sessions are listed but the start of their transactions is hidden.
    const hidden = await query("SELECT 1 FROM pg_stat_activity WHERE query = '<insufficient privilege>' LIMIT 1");
    const isPartial = hidden.length > 0;
    if (row === undefined) return { isPartial };
    const statement = maskStatement(String(row["statement"]), "postgres");
    const isBusy = row["state"] === "active" && statement !== "";
    const ageMs = Math.max(0, Math.round(toNumber(row["ageMs"]) ?? 0));
    return {
      isPartial,
      longest: { ageMs, who: String(row["who"]), statement: isBusy ? statement : `${String(row["state"])}: ${statement}` },
    };
  },

  async readReplication({ query }) {
    const [row] = await query(
      `SELECT pg_is_in_recovery() AS "isReplica",
              (SELECT count(*) FROM pg_stat_wal_receiver WHERE pid IS NOT NULL) AS receivers,
              (SELECT count(*) FROM pg_stat_replication WHERE backend_start IS NOT NULL) AS replicas,
              (SELECT max(extract(epoch FROM replay_lag)) * 1000 FROM pg_stat_replication) AS "replicasLagMs"`,
    );
    const replicaCount = toNumber(row?.["replicas"]) ?? 0;
    if (row?.["isReplica"] !== true) {
      const lagMs = toNumber(row?.["replicasLagMs"]);
      return { role: "primary", isRunning: true, replicaCount, ...(lagMs === undefined ? {} : { lagMs: Math.round(lagMs) }) };
    }
    // An idle primary sends nothing to replay: then the last replay is old, and the replica is in step all the same.
    const [lag] = await query(
      `SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                   ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000 END AS "lagMs", pg_is_wal_replay_paused() AS "isPaused"`,
    );
    const lagMs = toNumber(lag?.["lagMs"]);
    const isReceiving = (toNumber(row["receivers"]) ?? 0) > 0;
    const error = isReceiving ? "replay is paused" : "no connection to the primary";
    const isRunning = isReceiving && lag?.["isPaused"] !== true;
    return {
      role: "replica",
      isRunning,
      replicaCount,
      ...(lagMs === undefined ? {} : { lagMs: Math.max(0, Math.round(lagMs)) }),
      ...(isRunning ? {} : { error }),
    };
  },

  async isReadOnly({ query }) {
    const [row] = await query("SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on' AS \"isReadOnly\"");
    return row?.["isReadOnly"] === true;
  },

  async writeCanary({ query }, token) {
    await query(
      `CREATE TABLE IF NOT EXISTS ${canaryTable} (id smallint PRIMARY KEY, token text NOT NULL, written_at timestamptz NOT NULL DEFAULT now())`,
    );
    await query(
      `INSERT INTO ${canaryTable} (id, token) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET token = excluded.token, written_at = now()`,
      [token],
    );
    const [row] = await query(`SELECT token FROM ${canaryTable} WHERE id = 1`);
    return row?.["token"];
  },

  // The oid stays through VACUUM FULL, CLUSTER, TRUNCATE and ALTER; only DROP and CREATE change it. A truncated table shows by its rows.
  async readIdentities({ query }, tables) {
    const rows = await query("SELECT name, to_regclass(name)::oid::text AS id FROM unnest($1::text[]) AS name", [tables.map(quoteName)]);
    const found = new Map<string, TableIdentity>();
    for (const [position, table] of tables.entries()) {
      const id = rows[position]?.["id"];
      if (typeof id === "string") found.set(table, { tableId: id });
    }
    return found;
  },

  // count(*) alone reads the whole table, minutes on a large one; the inner limit ends it.
  async countRows({ query }, table, limit) {
    const [row] = await query(`SELECT count(*) AS count FROM (SELECT 1 FROM ${quoteName(table)} LIMIT ${Math.floor(limit)}) counted`);
    return toNumber(row?.["count"]) ?? 0;
  },

  // Partitions come and go by the day; their parent stands for them.
  async readSchema({ query }) {
    const rows = await query(
      `SELECT CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END AS name,
              string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull), ',' ORDER BY a.attnum) AS columns
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
          AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%' GROUP BY 1`,
    );
    return Object.fromEntries(rows.map((row) => [String(row["name"]), hashColumns(String(row["columns"]))]));
  },
};

/** `calls` or `schema.calls`, each part quoted. */
function quoteName(name: string): string {
  return name
    .split(".")
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join(".");
}
