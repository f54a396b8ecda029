import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { runCommand } from "../../src/kernel/exec.ts";
import {
  findFreePort,
  isRoot,
  newFolder,
  removeFolder,
  requireProgram,
  startServer,
  unprivilegedId,
  type ServerProcess,
} from "./server-process.ts";

export type PostgresService = {
  readonly address: string;
  readonly port: number;
  /** The folder of its socket, as libpq names it. */
  readonly socket: string;
  readonly folder: string;
  readonly user: string;
  readonly passwordVariable: string;
  readonly database: string;
  readonly process: ServerProcess;
  /** Runs statements as superuser and returns the last one's rows. */
  query(...statements: readonly string[]): Promise<readonly Record<string, unknown>[]>;
  connect(): Promise<Client>;
  restart(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
};

const password = "correct horse";
const passwordVariable = "AMPEL_TEST_POSTGRES_PASSWORD";

/** A Postgres of the test's own; over TCP it demands a password, over its socket it trusts `postgres`. With `replicaOf` it is a standby of that one. */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
  replicaOf?: PostgresService,
): Promise<PostgresService> {
  const folder = newFolder("ampel-postgres", unprivilegedId);
  const data = join(folder, "data");
  const port = await findFreePort();
  process.env[passwordVariable] = password;
  await prepare(data, replicaOf);
  const lines = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: folder,
    fsync: "off",
    shared_buffers: "16MB",
    hot_standby: "on",
    ...settings,
  };
  appendFileSync(
    join(data, "postgresql.conf"),
    Object.entries(lines)
      .map(([name, value]) => `\n${name} = '${value}'`)
      .join(""),
  );
  const superuser = (database: string): Client => new Client({ host: folder, port, user: "postgres", database });
  const isReady = async (): Promise<boolean> => {
    const client = superuser("postgres");
    client.on("error", () => {});
    try {
      await client.connect();
      return true;
    } finally {
      await client.end();
    }
  };
  const start = (): Promise<ServerProcess> =>
    startServer([requireProgram("postgres"), "-D", data], isReady, { folder, userId: unprivilegedId });
  let running = await start();
  const query: PostgresService["query"] = async (...statements) => {
    const client = superuser("gateway");
    await client.connect();
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) ({ rows } = await client.query(statement));
      return rows;
    } finally {
      await client.end();
    }
  };
  if (replicaOf === undefined) {
    const client = superuser("postgres");
    await client.connect();
    await client.query("CREATE DATABASE gateway");
    await client.query(`CREATE ROLE probe LOGIN SUPERUSER PASSWORD '${password}'`);
    await client.end();
  }
  return {
    address: "127.0.0.1",
    port,
    socket: folder,
    folder,
    user: "probe",
    passwordVariable,
    database: "gateway",
    get process() {
      return running;
    },
    query,
    connect: async () => {
      const client = superuser("gateway");
      client.on("error", () => {}); // the test may end it from the other side
      await client.connect();
      return client;
    },
    restart: async () => {
      running = await start();
    },
    stop: async () => {
      await running.stop();
      removeFolder(folder);
    },
    kill: async () => {
      const all = listChildren(running.processId);
      await running.kill();
      await endAll(all);
    },
  };
}

/** The processes a server has started. */
export function listChildren(processId: number): number[] {
  const text = readFileSync(`/proc/${processId}/task/${processId}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/** A backend outlives its killed server for a moment, takes what it is given, and keeps the next start out of the shared memory. */
async function endAll(processIds: readonly number[]): Promise<void> {
  const isThere = (processId: number, signal: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(processId, signal);
    } catch {
      return false;
    }
  };
  for (const processId of processIds) isThere(processId, "SIGKILL");
  while (processIds.some((processId) => isThere(processId, 0) && !isZombie(processId))) await wait(5);
}

function isZombie(processId: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${processId}/stat`, "utf8").split(")").at(-1) ?? "");
  } catch {
    return true;
  }
}

async function prepare(data: string, replicaOf: PostgresService | undefined): Promise<void> {
  const make =
    replicaOf === undefined
      ? [
          requireProgram("initdb"),
          "-D",
          data,
          "-U",
          "postgres",
          "--auth-local=trust",
          "--auth-host=scram-sha-256",
          "--no-sync",
          "-E",
          "UTF8",
          "--no-locale",
        ]
      : [
          requireProgram("pg_basebackup"),
          "-D",
          data,
          "-h",
          replicaOf.socket,
          "-p",
          String(replicaOf.port),
          "-U",
          "postgres",
          "-R",
          "-X",
          "stream",
          "-c",
          "fast",
          "--no-sync",
        ];
  const unprivileged = isRoot ? ["setpriv", `--reuid=${unprivilegedId}`, `--regid=${unprivilegedId}`, "--clear-groups"] : [];
  const made = await runCommand([...unprivileged, ...make], { timeoutMs: 60_000, cwd: "/" });
  if (made.exitCode !== 0) throw new Error(`${make[0]} failed:\n${made.stdout}\n${made.stderr}${made.startError ?? ""}`);
}
