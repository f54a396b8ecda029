import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { lookOnce } from "../../test/network-look.ts";
import { tcpProbe } from "./tcp.ts";

let server: Server | undefined;

async function serve(onSocket: (socket: Socket) => void): Promise<number> {
  server = createServer((socket) => {
    socket.on("error", () => {});
    onSocket(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

afterEach(() => void server?.close());

test("an open port is ok, with the time to connect", async () => {
  const port = await serve((socket) => socket.end());
  expect(await lookOnce(tcpProbe, { address: "127.0.0.1", port })).toMatchObject({
    state: "ok",
    measures: { connectMs: expect.any(Number) },
  });
});

test.each([
  ["SSH-2.0", "ok"],
  ["/openssh/i", "ok"],
  ["220 ", "down"],
])("a server that greets as SSH in two pieces, where %s is expected, is %s", async (expectGreeting, state) => {
  const port = await serve((socket) => {
    socket.write("SSH-2.");
    setImmediate(() => socket.end("0-OpenSSH_9.2p1\r\n"));
  });
  const seen = await lookOnce(tcpProbe, { address: "127.0.0.1", port, expectGreeting }, { deadlineMs: 1000 });
  expect(seen.state).toBe(state);
  if (state === "down") expect(seen.text).toMatch(/greets with "SSH-2.0-OpenSSH/);
});

test("a name that does not exist is a name problem, or unknown where no resolver answers", async () => {
  const seen = await lookOnce(tcpProbe, { address: "no-such-name.invalid", port: 22 });
  expect(["down dns-wrong", "unknown undefined"]).toContain(`${seen.state} ${seen.cause}`);
});
