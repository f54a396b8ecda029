import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { lookOnce, read } from "../../test/services/probe-world.ts";
import { mariadbProbe } from "../probes/mariadb.ts";
import { postgresProbe } from "../probes/postgres.ts";
import { redisProbe } from "../probes/redis.ts";
import { ProtocolError } from "./guarded-socket.ts";
import { checkPostgresFrames } from "./postgres-frames.ts";

/** Something that is no database listens on the database's port. */
let server: Server;
let port = 0;
let behave: (socket: Socket) => void = () => {};
const sockets = new Set<Socket>();
beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    // Unread bytes would hide the end of the connection.
    socket.resume();
    behave(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as { port: number }).port;
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
});
afterAll(() => server.close());

process.env["AMPEL_TEST_GARBAGE_PASSWORD"] = "correct horse";
const login = { user: "probe", password: "${env:AMPEL_TEST_GARBAGE_PASSWORD}", database: "gateway" };
const probes = [
  ["mariadb", mariadbProbe, (): Record<string, unknown> => ({ port, ...login })],
  ["postgres", postgresProbe, (): Record<string, unknown> => ({ port, ...login })],
  ["redis", redisProbe, (): Record<string, unknown> => ({ port, password: "${env:AMPEL_TEST_GARBAGE_PASSWORD}" })],
] as const;

const frame = (code: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5, code);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

const talk: [string, (socket: Socket) => void][] = [
  ["says nothing", () => {}],
  ["hangs up", (socket) => socket.destroy()],
  ["speaks HTTP", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nhello")],
  ["speaks SSH", (socket) => void socket.write("SSH-2.0-OpenSSH_9.2\r\n")],
  ["sends noise", (socket) => void socket.write(randomBytes(4000))],
  [
    "sends a byte a tenth of a second",
    (socket) => {
      const timer = setInterval(() => socket.write("R"), 100);
      socket.on("close", () => clearInterval(timer));
    },
  ],
  [
    "floods",
    (socket) => {
      // A message of 1 GB: its head, then zeros as long as somebody takes them.
      const zeros = Buffer.alloc(1024 * 1024);
      socket.write("$1000000000\r\n");
      const pour = (): void => {
        while (!socket.destroyed && socket.write(zeros));
      };
      socket.on("drain", pour);
      pour();
    },
  ],
  ["sends an error message that never ends", (socket) => void socket.write(frame("E", Buffer.from("SERROR\0Mhello")))],
  [
    "lets everybody in, then sends noise",
    (socket) => {
      socket.write(Buffer.concat([frame("R", Buffer.alloc(4)), frame("Z", Buffer.from("I"))]));
      socket.on("data", () => socket.write(randomBytes(300)));
    },
  ],
  [
    "sends a table description that promises too much",
    (socket) => {
      socket.write(Buffer.concat([frame("R", Buffer.alloc(4)), frame("Z", Buffer.from("I"))]));
      socket.on("data", () => socket.write(frame("T", Buffer.from([0xff, 0xff, 1, 2, 3]))));
    },
  ],
];

for (const [name, probe, spec] of probes) {
  test.each(talk)(`${name}: a server that %s is red or unknown within the deadline, and shows no password`, async (_, conduct) => {
    behave = conduct;
    const seen = await lookOnce(probe, spec(), { deadlineMs: 700 });
    expect(["down", "unknown"]).toContain(seen.state);
    expect(seen.durationMs).toBeLessThan(1200);
    expect(JSON.stringify(seen)).not.toContain("correct horse");
    expect(read(seen, "de")).not.toContain("{");
  });
}

test("the connection is closed at the deadline, also when the server never spoke", async () => {
  for (const [, probe, spec] of probes) {
    let closed: Promise<unknown> = Promise.resolve();
    behave = (socket) => {
      closed = once(socket, "close");
    };
    await lookOnce(probe, spec(), { deadlineMs: 200 });
    await expect(closed).resolves.toBeDefined();
  }
});

test("an interrupted look is unknown, not an outage", async () => {
  behave = () => {};
  for (const [, probe, spec] of probes) {
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 50);
    expect(await lookOnce(probe, spec(), { signal: interrupt.signal })).toMatchObject({ state: "unknown" });
  }
});

test("every Postgres message passes the check in whatever pieces it comes, and noise never passes for long", () => {
  const known = fc.constantFrom("R", "S", "K", "Z", "T", "D", "C", "N");
  const message = fc
    .tuple(known, fc.uint8Array({ maxLength: 60 }))
    .map(([code, body]) => frame(code, code === "N" ? Buffer.concat([Buffer.from("SNOTICE\0"), Buffer.from([0])]) : Buffer.from(body)));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (messages, cuts) => {
      const check = checkPostgresFrames();
      let rest = Buffer.concat(messages);
      for (let index = 0; rest.length > 0; index += 1) {
        const size = cuts[index % cuts.length] ?? 1;
        check(rest.subarray(0, size));
        rest = rest.subarray(size);
      }
    }),
  );
  expect(() => checkPostgresFrames()(Buffer.from("HTTP/1.1 400"))).toThrow(ProtocolError);
  expect(() => checkPostgresFrames()(frame("E", Buffer.from("SERROR\0Mhello")))).toThrow(ProtocolError);
});
