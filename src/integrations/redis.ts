import { z } from "zod";
import { secretSchema } from "../kernel/secret.ts";
import { DatabaseFault, networkFault, type DatabaseFaultKind } from "./database-fault.ts";
import { GuardedSocket, abortable } from "./guarded-socket.ts";

/** Connection facts of a Redis as in ampel.yaml. */
export const redisConnectionSchema = z.strictObject({
  address: z.string().min(1).default("127.0.0.1").describe("Name or address of the server"),
  port: z.int().min(1).max(65_535).default(6379).describe("TCP port"),
  socket: z.string().startsWith("/").optional().describe("Path of the Unix socket; used instead of address and port"),
  user: z.string().min(1).optional().describe("User of the access list; default is the password alone"),
  password: secretSchema.optional().describe("Reference to the password"),
  database: z.int().min(0).max(65_535).default(0).describe("Number of the database; Laravel keeps queues in 0 and the cache in 1"),
});

export type RedisConnection = z.infer<typeof redisConnectionSchema>;

export type RedisSession = {
  /** One command; a fault it throws names the server, never the password. */
  command(name: string, ...values: readonly (string | number)[]): Promise<unknown>;
  /** Many commands in one go; answers in order, an error of one command as `Error` in its place. */
  batch(commands: readonly (readonly [string, ...(string | number)[]])[]): Promise<readonly unknown[]>;
};

/**
 * Runs `use` on one connection and closes it, whatever happens. Nothing is retried and nothing waits for a reconnect.
 * @throws {DatabaseFault} what went wrong, without the password; the signal's reason when it was aborted.
 */
export async function withRedis<Value>(
  connection: RedisConnection,
  signal: AbortSignal,
  use: (session: RedisSession) => Promise<Value>,
): Promise<Value> {
  const { AbstractConnector, Redis } = await import("ioredis");
  signal.throwIfAborted();
  const socket = new GuardedSocket(signal);
  class GuardedConnector extends AbstractConnector {
    constructor() {
      super(0);
    }

    override connect(): Promise<GuardedSocket> {
      this.connecting = true;
      socket.connect(connection.socket === undefined ? { host: connection.address, port: connection.port } : { path: connection.socket });
      this.stream = socket;
      return Promise.resolve(socket);
    }
  }
  const password = connection.password?.reveal();
  const client = new Redis({
    Connector: GuardedConnector,
    ...(connection.user === undefined ? {} : { username: connection.user }),
    ...(password === undefined ? {} : { password }),
    lazyConnect: true,
    retryStrategy: null,
    enableOfflineQueue: false,
    // A server that is still loading must be seen as that, not waited for.
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: 600_000,
    disableClientInfo: true,
    protocol: 2,
  });
  // The driver says "connection is closed" of everything; why it was closed came before, as an event.
  let firstError: unknown;
  socket.once("error", (error) => (firstError ??= error));
  client.on("error", (error: unknown) => (firstError ??= error));
  const asked = async <Answer>(work: Promise<Answer>): Promise<Answer> => {
    work.catch(() => {}); // an abort may be faster
    try {
      return await abortable(work, signal);
    } catch (error) {
      const isReply = error instanceof Error && error.name === "ReplyError";
      throw toFault(isReply && !error.message.startsWith("NOAUTH") ? error : (firstError ?? error), connection, signal);
    }
  };
  try {
    await asked(client.connect());
    const command: RedisSession["command"] = (name, ...values) => asked(client.call(name, ...values.map(String)));
    if (connection.database !== 0) await command("SELECT", connection.database);
    const batch: RedisSession["batch"] = async (commands) => {
      if (commands.length === 0) return [];
      const pipeline = client.pipeline();
      for (const [name, ...values] of commands) pipeline.call(name, ...values.map(String));
      const answers = await asked(pipeline.exec());
      return (answers ?? []).map(([error, answer]) => error ?? answer);
    };
    return await use({ command, batch });
  } finally {
    client.disconnect();
    socket.destroy();
  }
}

function toFault(error: unknown, connection: RedisConnection, signal: AbortSignal): Error {
  if (signal.aborted) return signal.reason instanceof Error ? signal.reason : new DOMException("aborted", "AbortError");
  if (error instanceof DatabaseFault) return error;
  const { code = "", message: text = "" } = error as { code?: string; message?: string };
  return new DatabaseFault(networkFault(code) ?? kindOfText(text), connection, error);
}

/** Redis tells its errors apart by the first word of their text. */
function kindOfText(text: string): DatabaseFaultKind {
  if (/^(WRONGPASS|NOAUTH)|invalid password|without any password configured/.test(text)) return "credentials";
  if (text.startsWith("NOPERM")) return "privilege";
  if (text.startsWith("LOADING")) return "starting";
  if (/^(READONLY|MISCONF)/.test(text)) return "readonly";
  if (text.startsWith("OOM")) return "disk-full";
  if (/max number of clients/.test(text)) return "too-many-connections";
  if (/DB index is out of range/.test(text)) return "database-missing";
  if (/Protocol error/i.test(text)) return "protocol";
  if (/Connection is closed|Stream isn't writeable/.test(text)) return "refused";
  return "other";
}
