import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunningGateway } from "../start.ts";
import { newGround, retellEvent, sendRetell, startTestGateway } from "./gateway.test-support.ts";

const ground = newGround();
let running: RunningGateway;
beforeAll(async () => {
  running = await startTestGateway(ground);
});
afterAll(async () => {
  await running.stop();
  ground.remove();
});

/** Sends `head`, then a byte a second until the server has had enough; without a head nothing at all. */
async function dribble(head: string): Promise<{ tookMs: number; answer: string }> {
  const startedMs = performance.now();
  const socket = connect({ host: "127.0.0.1", port: running.port });
  let answer = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    answer += chunk;
  });
  socket.on("error", () => {});
  const closed = once(socket, "close");
  socket.write(head);
  const timer = setInterval(() => head !== "" && socket.write("a"), 1000);
  await closed;
  clearInterval(timer);
  return { tookMs: performance.now() - startedMs, answer };
}

test("who sends a byte a second is cut off, in the headers, in the body and before the first byte; others are served meanwhile", async () => {
  const inHeaders = Array.from({ length: 20 }, () => dribble("POST /webhooks/retell HTTP/1.1\r\nhost: gw\r\nx-slow: "));
  const inBody = ["/webhooks/retell", "/retell/functions", "/twilio/voice"].map((path) =>
    dribble(`POST ${path} HTTP/1.1\r\nhost: gw\r\ncontent-length: 5000\r\n\r\n`),
  );
  const silent = dribble("");
  expect(await sendRetell(running.port, retellEvent())).toMatchObject({ status: 204 });
  for (const { tookMs, answer } of await Promise.all(inHeaders)) {
    expect(tookMs).toBeLessThan(9000);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  }
  expect((await silent).tookMs).toBeLessThan(9000);
  for (const { tookMs } of await Promise.all(inBody)) expect(tookMs).toBeLessThan(18_500);
  expect(await sendRetell(running.port, retellEvent())).toMatchObject({ status: 204 });
}, 25_000);
