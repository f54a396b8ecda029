import { existsSync } from "node:fs";
import { join } from "node:path";
import { createConnection, type Connection } from "mysql2/promise";
import { runCommand } from "../../src/kernel/exec.ts";
import { findFreePort, isRoot, newFolder, removeFolder, requireProgram, startServer, type ServerProcess } from "./server-process.ts";

export type MariadbService = {
  readonly address: string;
  readonly port: number;
  readonly socket: string;
  readonly folder: string;
  /** May do everything; its password is in the environment variable `passwordVariable`. */
  readonly user: string;
  readonly passwordVariable: string;
  readonly database: string;
  readonly process: ServerProcess;
  /** Runs statements as that user and returns the last one's rows. */
  query(...statements: readonly string[]): Promise<readonly Record<string, unknown>[]>;
  /** A connection of its own, for locks and long transactions; the test ends it. */
  connect(): Promise<Connection>;
  restart(extraArguments?: readonly string[]): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
};

const password = "correct horse";
const passwordVariable = "AMPEL_TEST_MARIADB_PASSWORD";

/** A MariaDB of the test's own: loopback, free port, temporary folder, database `gateway`, user `probe` with every right. */
export async function startMariadb(extraArguments: readonly string[] = []): Promise<MariadbService> {
  const program = requireProgram("mariadbd");
  const folder = newFolder("ampel-mariadb");
  const data = join(folder, "data");
  const socket = join(folder, "s");
  const asUser = isRoot ? ["--user=root"] : [];
  const small = [
    "--innodb-log-file-size=8M",
    "--innodb-buffer-pool-size=32M",
    "--innodb-flush-log-at-trx-commit=2",
    "--performance-schema=OFF",
  ];
  // A server that starts removes the temporary tables of all others in its temporary folder: each gets its own.
  const install = await runCommand(
    [
      requireProgram("mariadb-install-db"),
      "--no-defaults",
      `--datadir=${data}`,
      "--skip-test-db",
      "--auth-root-authentication-method=normal",
      "--innodb-log-file-size=8M",
      ...asUser,
    ],
    { timeoutMs: 60_000, env: { TMPDIR: folder } },
  );
  if (install.exitCode !== 0 || !existsSync(data)) throw new Error(`mariadb-install-db failed:\n${install.stdout}\n${install.stderr}`);
  const port = await findFreePort();
  process.env[passwordVariable] = password;
  const asRoot = (): Promise<Connection> => createConnection({ socketPath: socket, user: "root" });
  const start = (more: readonly string[]): Promise<ServerProcess> =>
    startServer(
      [
        program,
        "--no-defaults",
        `--datadir=${data}`,
        `--socket=${socket}`,
        `--port=${port}`,
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        `--tmpdir=${folder}`,
        ...asUser,
        ...small,
        ...more,
      ],
      async () => {
        if (!existsSync(socket)) return false;
        await (await asRoot()).end();
        return true;
      },
      { folder },
    );
  let running = await start(extraArguments);
  const root = await asRoot();
  for (const statement of [
    "CREATE DATABASE gateway",
    `CREATE USER probe@'%' IDENTIFIED BY '${password}'`,
    "GRANT ALL ON *.* TO probe@'%' WITH GRANT OPTION",
  ]) {
    await root.query(statement);
  }
  await root.end();
  const connect = (): Promise<Connection> => createConnection({ socketPath: socket, user: "root", database: "gateway" });
  return {
    address: "127.0.0.1",
    port,
    socket,
    folder,
    user: "probe",
    passwordVariable,
    database: "gateway",
    get process() {
      return running;
    },
    connect,
    query: async (...statements) => {
      const connection = await createConnection({ socketPath: socket, user: "root" });
      try {
        await connection.query("USE gateway").catch(() => {}); // a test may have dropped it
        let rows: unknown = [];
        for (const statement of statements) [rows] = await connection.query(statement);
        return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
      } finally {
        await connection.end();
      }
    },
    restart: async (more = extraArguments) => {
      running = await start(more);
    },
    stop: async () => {
      await running.stop();
      removeFolder(folder);
    },
    kill: () => running.kill(),
  };
}
