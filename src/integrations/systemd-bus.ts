import type { Readable, Writable } from "node:stream";

/** A message of the bus, as far as a watcher needs it. */
export type BusMessage = {
  readonly type: "call" | "reply" | "error" | "signal" | "unknown";
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly replySerial: number;
  readonly errorName: string;
};

export type BusConnection = {
  /** Calls a method that takes one string or nothing. @throws {Error} with the bus's own error name. */
  call(destination: string, path: string, interfaceName: string, member: string, argument?: string): Promise<void>;
  /** Resolves when the connection is over, whatever the reason. */
  readonly closed: Promise<string>;
  close(): void;
};

const largestMessage = 16 * 1024 ** 2;
const types = ["unknown", "call", "reply", "error", "signal"] as const;

/**
 * Speaks D-Bus over a pair of streams: the system bus's socket, or `systemd-stdio-bridge` behind ssh. Only what is needed to
 * ask for signals and hear them (D-Bus Specification 0.43: authentication EXTERNAL, little-endian marshalling).
 */
export async function connectBus(input: Writable, output: Readable, onSignal: (message: BusMessage) => void): Promise<BusConnection> {
  const waiting = new Map<number, (outcome: string | undefined) => void>();
  let serial = 0;
  let buffer = Buffer.alloc(0);
  let isReady = false;
  let resolveClosed: (reason: string) => void = () => {};
  const closed = new Promise<string>((resolve) => (resolveClosed = resolve));
  let resolveReady: () => void = () => {};
  const ready = new Promise<void>((resolve) => (resolveReady = resolve));
  const end = (reason: string): void => {
    for (const answer of waiting.values()) answer(reason);
    waiting.clear();
    resolveClosed(reason);
    input.destroy();
    output.destroy();
  };
  const receive = (): void => {
    if (!isReady) {
      const lineEnd = buffer.indexOf("\r\n");
      if (lineEnd < 0) return;
      const line = buffer.subarray(0, lineEnd).toString("latin1");
      buffer = buffer.subarray(lineEnd + 2);
      if (!line.startsWith("OK ")) return end(`authentication: ${line.slice(0, 100)}`);
      isReady = true;
      input.write("BEGIN\r\n");
      resolveReady();
    }
    for (;;) {
      const size = messageSize(buffer);
      if (size === undefined) return;
      if (size > largestMessage) return end("a message too large");
      if (buffer.length < size) return;
      const message = readMessage(buffer.subarray(0, size));
      buffer = buffer.subarray(size);
      if (message.type === "signal") onSignal(message);
      const answer = waiting.get(message.replySerial);
      if (answer === undefined || (message.type !== "reply" && message.type !== "error")) continue;
      waiting.delete(message.replySerial);
      answer(message.type === "error" ? message.errorName : undefined);
    }
  };
  output.on("data", (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    receive();
  });
  output.on("close", () => end("closed"));
  for (const stream of [input, output]) stream.on("error", (error) => end(error.message));
  input.write(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid?.() ?? 0)).toString("hex")}\r\n`);
  await Promise.race([ready, closed.then((reason) => Promise.reject(new Error(`the bus refused: ${reason}`)))]);

  const call: BusConnection["call"] = async (destination, path, interfaceName, member, argument) => {
    serial += 1;
    const mine = serial;
    const outcome = new Promise<string | undefined>((resolve) => waiting.set(mine, resolve));
    input.write(writeCall(mine, { destination, path, interface: interfaceName, member }, argument));
    const error = await Promise.race([outcome, closed]);
    if (error !== undefined) throw new Error(`${member}: ${error}`);
  };
  await call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello");
  return { call, closed, close: () => end("closed by us") };
}

function align(offset: number, to: number): number {
  return Math.ceil(offset / to) * to;
}

function writeCall(
  serial: number,
  target: { destination: string; path: string; interface: string; member: string },
  argument: string | undefined,
): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  const add = (bytes: Buffer): void => {
    parts.push(bytes);
    length += bytes.length;
  };
  const pad = (to: number): void => add(Buffer.alloc(align(length, to) - length));
  const addString = (text: string): void => {
    pad(4);
    const bytes = Buffer.from(text);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(bytes.length);
    add(Buffer.concat([size, bytes, Buffer.from([0])]));
  };
  // Header fields by number: 1 path, 2 interface, 3 member, 6 destination, 8 signature of the body.
  const fields: readonly (readonly [number, string, string])[] = [
    [1, "o", target.path],
    [2, "s", target.interface],
    [3, "s", target.member],
    [6, "s", target.destination],
  ];
  for (const [code, signature, value] of fields) {
    pad(8);
    add(Buffer.from([code, 1, signature.charCodeAt(0), 0]));
    addString(value);
  }
  if (argument !== undefined) {
    pad(8);
    add(Buffer.from([8, 1, "g".charCodeAt(0), 0, 1, "s".charCodeAt(0), 0]));
  }
  const fieldBytes = length;
  pad(8);
  const body = argument === undefined ? Buffer.alloc(0) : Buffer.concat([Buffer.alloc(4), Buffer.from(argument), Buffer.from([0])]);
  if (argument !== undefined) body.writeUInt32LE(Buffer.byteLength(argument));
  const head = Buffer.alloc(16);
  head.write("l", 0, "latin1");
  head.writeUInt8(1, 1); // a method call
  head.writeUInt8(1, 3); // protocol version
  head.writeUInt32LE(body.length, 4);
  head.writeUInt32LE(serial, 8);
  head.writeUInt32LE(fieldBytes, 12);
  return Buffer.concat([head, ...parts, body]);
}

function reader(bytes: Buffer): (offset: number) => number {
  const isLittle = bytes[0] === "l".charCodeAt(0);
  return (offset) => (isLittle ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset));
}

/** Bytes of the message at the front of a buffer; `undefined` while too little has arrived to tell. */
function messageSize(bytes: Buffer): number | undefined {
  if (bytes.length < 16) return undefined;
  const word = reader(bytes);
  return 16 + align(word(12), 8) + word(4);
}

/** Reads the header; the body of a signal is not needed: the signal says that something changed, a look says what. */
export function readMessage(bytes: Buffer): BusMessage {
  const word = reader(bytes);
  const end = 16 + word(12);
  const fields = new Map<number, string | number>();
  let offset = 16;
  while (offset < end) {
    offset = align(offset, 8);
    const code = bytes[offset] ?? 0;
    const signature = String.fromCharCode(bytes[offset + 2] ?? 0);
    offset += 4;
    if (signature === "s" || signature === "o") {
      offset = align(offset, 4);
      const size = word(offset);
      fields.set(code, bytes.subarray(offset + 4, offset + 4 + size).toString("utf8"));
      offset += 5 + size;
    } else if (signature === "g") {
      const size = bytes[offset] ?? 0;
      offset += 2 + size;
    } else if (signature === "u") {
      offset = align(offset, 4);
      fields.set(code, word(offset));
      offset += 4;
    } else break; // no other kind stands in a header
  }
  const text = (code: number): string => String(fields.get(code) ?? "");
  return {
    type: types[bytes[1] ?? 0] ?? "unknown",
    path: text(1),
    interface: text(2),
    member: text(3),
    errorName: text(4),
    replySerial: Number(fields.get(5) ?? 0),
  };
}
