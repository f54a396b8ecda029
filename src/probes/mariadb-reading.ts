import { createHash } from "node:crypto";
import { DatabaseFault } from "../integrations/database-fault.ts";
import { maskStatement } from "../integrations/sql-mask.ts";
import { toNumber, toText, type SqlSession } from "../integrations/sql-types.ts";
import type { DatabaseReader } from "./database-look.ts";
import { canaryTable, type TableIdentity } from "./table-watch.ts";

/** How MariaDB and MySQL answer the questions of a look. Rights needed: SELECT; PROCESS for transactions and table ids; SLAVE MONITOR for replication. */
export const mariadbReader: DatabaseReader = {
  async readConnections({ query }) {
    const [status] = await query("SHOW GLOBAL STATUS LIKE 'Threads_connected'");
    const [limit] = await query("SELECT @@GLOBAL.max_connections AS max");
    return { used: toNumber(status?.["Value"]) ?? 0, max: toNumber(limit?.["max"]) ?? 0 };
  },

  async readLongestTransaction({ query }) {
    const [row] = await query(
      `SELECT CONCAT(COALESCE(p.USER, '-'), '@', COALESCE(p.HOST, '-'), ' #', t.trx_mysql_thread_id) AS who,
              TIMESTAMPDIFF(MICROSECOND, t.trx_started, NOW(6)) / 1000 AS ageMs, COALESCE(p.INFO, t.trx_query, '') AS statement
         FROM information_schema.INNODB_TRX t LEFT JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
        WHERE t.trx_mysql_thread_id NOT IN (0, CONNECTION_ID()) ORDER BY t.trx_started LIMIT 1`,
    ).catch((error: unknown) => {
      if (error instanceof DatabaseFault && error.kind === "privilege") return ["hidden"] as const;
      throw error;
    });
    if (row === "hidden") return { isPartial: true };
    if (row === undefined) return { isPartial: false };
    const statement = maskStatement(String(row["statement"]), "mariadb");
    const ageMs = Math.max(0, Math.round(toNumber(row["ageMs"]) ?? 0));
    return {
      isPartial: false,
      longest: { ageMs, who: String(row["who"]), statement: statement === "" ? "idle in transaction" : statement },
    };
  },

  async readReplication(session) {
    const rows = await session.query(session.version.includes("MariaDB") ? "SHOW ALL SLAVES STATUS" : "SHOW REPLICA STATUS");
    if (rows.length === 0) {
      const [counted] = await session.query(
        "SELECT COUNT(*) AS count FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'",
      );
      return { role: "primary", isRunning: true, replicaCount: toNumber(counted?.["count"]) ?? 0 };
    }
    // With several sources the worst one counts.
    const sources = rows.map((row) => {
      const either = (old: string, current: string): unknown => row[old] ?? row[current];
      const isRunning =
        either("Slave_IO_Running", "Replica_IO_Running") === "Yes" && either("Slave_SQL_Running", "Replica_SQL_Running") === "Yes";
      const lagSeconds = toNumber(either("Seconds_Behind_Master", "Seconds_Behind_Source"));
      const error = [row["Last_IO_Error"], row["Last_SQL_Error"]].filter((text) => typeof text === "string" && text !== "").join("; ");
      return { isRunning, lagMs: lagSeconds === undefined ? undefined : lagSeconds * 1000, error };
    });
    const lags = sources.map(({ lagMs }) => lagMs);
    const error = sources
      .map((source) => source.error)
      .filter((text) => text !== "")
      .join("; ");
    const isKnown = lags.every((lag) => lag !== undefined);
    return {
      role: "replica",
      isRunning: sources.every(({ isRunning }) => isRunning),
      replicaCount: 0,
      ...(isKnown ? { lagMs: Math.max(...lags.filter((lag) => lag !== undefined)) } : {}),
      // The error of a broken replication quotes the statement with its values.
      ...(error === "" ? {} : { error: maskStatement(error, "mariadb") }),
    };
  },

  async isReadOnly({ query }) {
    const [row] = await query("SELECT @@GLOBAL.read_only AS isReadOnly");
    return /^(1|ON)$/i.test(String(row?.["isReadOnly"]));
  },

  async writeCanary({ query }, token) {
    await query(
      `CREATE TABLE IF NOT EXISTS ${canaryTable} (id TINYINT PRIMARY KEY, token VARCHAR(40) NOT NULL, written_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)`,
    );
    await query(`INSERT INTO ${canaryTable} (id, token) VALUES (1, ?) ON DUPLICATE KEY UPDATE token = VALUES(token)`, [token]);
    const [row] = await query(`SELECT token FROM ${canaryTable} WHERE id = 1`);
    return row?.["token"];
  },

  async readIdentities(session, tables) {
    const rows = await session.query(
      "SELECT TABLE_NAME AS name, UNIX_TIMESTAMP(CREATE_TIME) AS createdAt FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?)",
      [tables],
    );
    const ids = await readTableIds(session);
    return new Map(
      rows.map((row): [string, TableIdentity] => {
        const name = String(row["name"]);
        const tableId = ids.get(name);
        const createdAt = toText(row["createdAt"]);
        return [name, { ...(createdAt === "" ? {} : { createdAt }), ...(tableId === undefined ? {} : { tableId }) }];
      }),
    );
  },

  // COUNT(*) alone reads the whole index, minutes on a large table; the inner limit ends it.
  async countRows({ query }, table, limit) {
    const [row] = await query(`SELECT COUNT(*) AS count FROM (SELECT 1 FROM ${quoteName(table)} LIMIT ${Math.floor(limit)}) counted`);
    return toNumber(row?.["count"]) ?? 0;
  },

  async readSchema({ query }) {
    await query("SET SESSION group_concat_max_len = 1048576");
    const rows = await query(
      `SELECT TABLE_NAME AS name, GROUP_CONCAT(CONCAT_WS(' ', COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY) ORDER BY ORDINAL_POSITION SEPARATOR ',') AS columns
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() GROUP BY TABLE_NAME`,
    );
    return Object.fromEntries(rows.map((row) => [String(row["name"]), hashColumns(String(row["columns"]))]));
  },
};

/** InnoDB's own number of each table; empty without the right to see it. */
async function readTableIds({ query, version }: SqlSession): Promise<ReadonlyMap<string, string>> {
  const view = version.includes("MariaDB") ? "INNODB_SYS_TABLES" : "INNODB_TABLES";
  try {
    const rows = await query(
      `SELECT NAME AS name, TABLE_ID AS id FROM information_schema.${view} WHERE NAME LIKE CONCAT(REPLACE(DATABASE(), '_', '\\\\_'), '/%')`,
    );
    return new Map(rows.map((row) => [String(row["name"]).split("/").slice(1).join("/"), String(row["id"])]));
  } catch (error) {
    if (error instanceof DatabaseFault && error.kind === "privilege") return new Map();
    throw error;
  }
}

function quoteName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** First 16 characters of the SHA-256; enough to tell two column lists apart. */
export function hashColumns(columns: string): string {
  return createHash("sha256").update(columns).digest("hex").slice(0, 16);
}
