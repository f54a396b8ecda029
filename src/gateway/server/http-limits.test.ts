import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import type { RunningGateway } from "../start.ts";
import { newGround, retellEvent, sendRetell, signRetell, startTestGateway, type Ground } from "./gateway.test-support.ts";

let ground: Ground;
let running: RunningGateway;
let sockets: Socket[];
beforeEach(async () => {
  ground = newGround();
  running = await startTestGateway(ground);
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await running.stop();
  ground.remove();
});

/** A connection from an address of this machine; `answer` is all that came before its end. */
async function open(localAddress = "127.0.0.1"): Promise<{ socket: Socket; answer: Promise<string>; text(): string }> {
  const socket = connect({ host: "127.0.0.1", port: running.port, localAddress });
  sockets.push(socket);
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  socket.on("error", () => {});
  const answer = once(socket, "close").then(() => text);
  await once(socket, "connect");
  return { socket, answer, text: () => text };
}

test("one address does not take every connection, and more than there may be are cut off at once", async () => {
  await Promise.all(Array.from({ length: 1000 }, () => open()));
  const { answer } = await open();
  expect(await answer).toBe("");
  const body = retellEvent();
  const post = Object.entries({ host: "gw", "content-length": String(body.length), ...signRetell(body) });
  const request = `POST /webhooks/retell HTTP/1.1\r\n${post.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
  const other = await open("127.0.0.2");
  other.socket.write(request);
  await expect.poll(other.text).toMatch(/^HTTP\/1\.1 204 /);
  await Promise.all(Array.from({ length: 999 }, () => open("127.0.0.3")));
  const tooMany = await open("127.0.0.4");
  expect(await tooMany.answer).toBe("");
  for (const socket of sockets) socket.destroy();
  await expect
    .poll(
      async () =>
        await sendRetell(running.port, retellEvent()).then(
          ({ status }) => status,
          () => 0,
        ),
    )
    .toBe(204);
}, 20_000);

test("bodies that are being read take bounded memory: one too many is asked to come again, and the share is given back", async () => {
  const mebibyte = 1024 * 1024;
  const part = Buffer.alloc(7 * mebibyte, 32);
  const big = await Promise.all(Array.from({ length: 18 }, () => open()));
  for (const { socket } of big) {
    socket.write(`POST /webhooks/retell HTTP/1.1\r\nhost: gw\r\ncontent-length: ${part.length + 1}\r\n\r\n`);
    if (!socket.write(part)) await once(socket, "drain");
  }
  const answers: string[] = [];
  for (let tries = 0; tries < 40 && answers.length === 0; tries += 1) {
    const extra = await open();
    extra.socket.write(`POST /webhooks/retell HTTP/1.1\r\nhost: gw\r\ncontent-length: ${part.length}\r\n\r\n`);
    extra.socket.write(part.subarray(0, 3 * mebibyte));
    await systemClock.sleep(100);
    if (extra.text() !== "") answers.push(extra.text());
  }
  expect(answers[0]).toMatch(/^HTTP\/1\.1 503 /);
  expect(answers[0]).toMatch(/retry-after: 5/i);
  for (const socket of sockets) socket.destroy();
  await expect.poll(async () => (await sendRetell(running.port, retellEvent())).status).toBe(204);
  const again = await sendRetell(running.port, retellEvent("call_big", "call_ended", { note: "x".repeat(7 * mebibyte) }));
  expect(again.status).toBe(204);
}, 20_000);

test("bodies of live calls have their own bound, so that neither takes the other's", async () => {
  const part = Buffer.alloc(1_900_000, 32);
  const answers: string[] = [];
  for (let count = 0; count < 60 && answers.length === 0; count += 1) {
    const { socket, text } = await open();
    socket.write(`POST /retell/functions HTTP/1.1\r\nhost: gw\r\ncontent-length: ${part.length + 1}\r\n\r\n`);
    socket.write(part);
    if (count > 33) await systemClock.sleep(50);
    if (text() !== "") answers.push(text());
  }
  expect(answers[0]).toMatch(/^HTTP\/1\.1 503 /);
  expect(await sendRetell(running.port, retellEvent())).toMatchObject({ status: 204 });
  // The refused ones hold no connection until the time limit of a request.
  const stopping = running.stop().then(() => "stopped");
  for (const socket of sockets) socket.destroy();
  expect(await Promise.race([stopping, systemClock.sleep(8000)])).toBe("stopped");
}, 20_000);
