import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

/** What can be wrong with the other side of a connection; each is met in the field. */
export const faults = {
  /** Accepts and never says a word. */
  silent: (socket) => socket.resume(),
  /** Ends the connection as soon as it is open. */
  "closes-at-once": (socket) => socket.destroy(),
  /** Reads the question, then ends without an answer. */
  "closes-after-request": (socket) => socket.once("data", () => socket.end()),
  /** Noise instead of a protocol, also instead of TLS. */
  garbage: (socket) => pour(socket, () => randomBytes(16 * 1024)),
  /** Headers that never end. */
  "endless-headers": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    pour(socket, () => Buffer.from(`x-${randomBytes(4).toString("hex")}: ${"a".repeat(500)}\r\n`));
  },
  /** A header byte every 50 ms, for ever. */
  "slow-headers": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\nx-slow: ");
    drip(socket, 50);
  },
  /** A body byte every second, for ever. */
  "drip-body": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n");
    drip(socket, 1000);
  },
  /** A body of 1 GB, as fast as the line takes it. */
  "huge-body": (socket) => {
    const block = Buffer.alloc(64 * 1024, "x");
    let leftBytes = 1024 ** 3;
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${leftBytes}\r\n\r\n`);
    pour(socket, () => ((leftBytes -= block.length) < 0 ? undefined : block));
  },
  /** Promises a longer body than it sends. */
  "cut-body": (socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf")),
  /** Switches to a protocol nobody asked for. */
  "unasked-upgrade": (socket) =>
    socket.once("data", () => socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: nothing\r\n\r\n")),
  /** Says "continue" for ever. */
  "endless-continue": (socket) => pour(socket, () => Buffer.from("HTTP/1.1 100 Continue\r\n\r\n".repeat(20))),
} as const satisfies Record<string, (socket: Socket) => void>;

export type Fault = keyof typeof faults;

export type FaultyServer = {
  readonly port: number;
  /** Connections taken so far. */
  readonly taken: () => number;
  /** Connections open now. */
  readonly open: () => number;
  /** Bytes written so far over all connections. */
  readonly sentBytes: () => number;
  stop(): Promise<void>;
};

/** A TCP server on a free port of 127.0.0.1 that treats every connection with one fault. */
export async function startFaultyServer(fault: Fault): Promise<FaultyServer> {
  const open = new Set<Socket>();
  let taken = 0;
  let sentBytes = 0;
  const server = createServer((socket) => {
    taken += 1;
    open.add(socket);
    socket.on("error", () => {}); // the other side hangs up, as it should
    socket.on("close", () => {
      sentBytes += socket.bytesWritten;
      open.delete(socket);
    });
    faults[fault](socket);
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    taken: () => taken,
    open: () => open.size,
    sentBytes: () => [...open].reduce((sum, socket) => sum + socket.bytesWritten, sentBytes),
    stop: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function pour(socket: Socket, next: () => Buffer | undefined): void {
  const fill = (): void => {
    while (!socket.destroyed && socket.writable) {
      const block = next();
      if (block === undefined) return void socket.end();
      if (!socket.write(block)) return;
    }
  };
  socket.on("drain", fill);
  fill();
}

function drip(socket: Socket, everyMs: number): void {
  const timer = setInterval(() => socket.write("a"), everyMs);
  socket.on("close", () => clearInterval(timer));
}
