import { DBOSClient } from "@dbos-inc/dbos-sdk";
import type pg from "pg";
import { openEnginePool } from "./database-pool.ts";
import type { Delivery } from "./run.ts";

/** Speaks to runs that other processes carry out; never carries out anything itself. */
export type Mailbox = {
  send(runId: string, topic: string, value: unknown, key: string): Promise<Delivery>;
  cancel(runId: string): Promise<void>;
};

/** Opens a client for one act and closes it: a command that looks at runs must not become one that adopts them. */
export function openMailbox(url: string, pool: pg.Pool): Mailbox {
  const withClient = async (act: (client: DBOSClient) => Promise<void>): Promise<void> => {
    const own = openEnginePool(url, 2);
    const client = await DBOSClient.create({ systemDatabaseUrl: url, systemDatabasePool: own, applicationName: "ampel" });
    try {
      await act(client);
    } finally {
      await client.destroy();
      await own.end();
    }
  };
  return {
    send: async (runId, topic, value, key) => {
      const before = await stateOf(pool, runId);
      if (before !== "open") return before;
      await withClient((client) => client.send(runId, { value }, topic, key));
      if ((await stateOf(pool, runId)) === "open") return "delivered";
      // It ended between the two looks: with or without this message?
      const { rows } = await pool.query<{ consumed: boolean }>("select consumed from dbos.notifications where message_uuid = $1", [
        `${key}::${runId}`,
      ]);
      return rows[0]?.consumed === true ? "delivered" : "too-late";
    },
    cancel: (runId) => withClient((client) => client.cancelWorkflow(runId)),
  };
}

async function stateOf(pool: pg.Pool, runId: string): Promise<"open" | Exclude<Delivery, "delivered">> {
  const { rows } = await pool.query<{ status: string }>("select status from dbos.workflow_status where workflow_uuid = $1", [runId]);
  const [row] = rows;
  if (row === undefined) return "unknown-run";
  return row.status === "PENDING" || row.status === "ENQUEUED" ? "open" : "too-late";
}
