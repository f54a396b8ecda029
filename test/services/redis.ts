import { connect } from "node:net";
import { join } from "node:path";
import { findFreePort, newFolder, removeFolder, requireProgram, startServer, type ServerProcess } from "./server-process.ts";

export type RedisService = {
  readonly address: string;
  readonly port: number;
  readonly folder: string;
  readonly process: ServerProcess;
  /** Starts it again on the same port and folder after `kill` or `stop`. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
  kill(): Promise<void>;
};

/** A Redis of the test's own: loopback, free port, temporary folder; `settings` are redis.conf lines as name and value. */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<RedisService> {
  const program = requireProgram("redis-server");
  const folder = newFolder("ampel-redis");
  const port = await findFreePort();
  const options = { save: "", appendonly: "no", ...settings };
  const argv = [program, "--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--pidfile", join(folder, "redis.pid")];
  for (const [name, value] of Object.entries(options)) argv.push(`--${name}`, value);
  const start = (): Promise<ServerProcess> => startServer(argv, () => answersPing(port), { folder });
  let running = await start();
  return {
    address: "127.0.0.1",
    port,
    folder,
    get process() {
      return running;
    },
    restart: async () => {
      running = await start();
    },
    stop: async () => {
      await running.stop();
      removeFolder(folder);
    },
    kill: () => running.kill(),
  };
}

/** Any line of answer counts: a server that demands a password is ready too. */
async function answersPing(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.setTimeout(500, () => socket.destroy());
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("data", (chunk: Buffer) => {
      resolve(!chunk.toString().startsWith("-LOADING"));
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}
