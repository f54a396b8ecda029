import { createHmac } from "node:crypto";
import { connect, type Socket } from "node:net";

// A sender with many connections, in a process of its own so that it does not share the gateway's event loop.
// Started by fork; gets one order by message, answers with one result.

export type LoadOrder = {
  readonly port: number;
  readonly key: string;
  readonly connections: number;
  readonly seconds: number;
  /** First part of every call id, so that runs can be told apart. */
  readonly prefix: string;
  /** Bytes of one body. */
  readonly bodyBytes: number;
};

export type LoadResult = {
  /** Ids answered with 204. */
  readonly kept: readonly string[];
  /** Milliseconds per answer, in the order they came. */
  readonly latenciesMs: readonly number[];
  /** Answers that were no 204, by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests that were sent and got no answer. */
  readonly cut: number;
  /** Connections that nobody took. */
  readonly refused: number;
  readonly elapsedMs: number;
};

const words = "Guten Tag ich möchte gerne einen Termin vereinbaren am besten nächste Woche vormittags wenn das geht danke".split(" ");

/** A body as Retell sends it after a call, of about `bytes` bytes; `seed` makes the transcripts differ. */
export function callBody(callId: string, bytes: number, seed: number): string {
  const call = { call_id: callId, agent_id: "agent_bench", to_number: "+4930000000", start_timestamp: Date.now(), transcript: "" };
  let state = seed + 1;
  while (JSON.stringify({ event: "call_ended", call }).length < bytes) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    call.transcript += `${words[state % words.length] ?? ""} ${state % 100} `;
  }
  return JSON.stringify({ event: "call_ended", call });
}

async function run({ port, key, connections, seconds, prefix, bodyBytes }: LoadOrder): Promise<LoadResult> {
  const kept: string[] = [];
  const latenciesMs: number[] = [];
  const statuses: Record<string, number> = {};
  let cut = 0;
  let refused = 0;
  let sent = 0;
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1000;
  const samples = Array.from({ length: 64 }, (_, index) => callBody("CALL", bodyBytes, index));

  const nextRequest = (): { callId: string; bytes: Buffer } => {
    sent += 1;
    const callId = `${prefix}${sent}`;
    const body = (samples[sent % samples.length] ?? "").replace("CALL", callId);
    const at = Date.now();
    const digest = createHmac("sha256", key).update(body).update(String(at)).digest("hex");
    const head = [
      "POST /webhooks/retell HTTP/1.1",
      "host: gw.example.test",
      "content-type: application/json",
      "user-agent: axios/1.7.7",
      "accept-encoding: gzip, compress, deflate, br",
      `x-retell-signature: v=${at},d=${digest}`,
      `content-length: ${Buffer.byteLength(body)}`,
    ];
    return { callId, bytes: Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`) };
  };
  const converse = async (socket: Socket, isOver: () => boolean): Promise<void> => {
    await new Promise<void>((resolve) => {
      let sentMs = 0;
      let callId = "";
      let text = "";
      let isWaiting = false;
      const next = (): void => {
        if (isOver()) {
          socket.end();
          resolve();
          return;
        }
        const request = nextRequest();
        ({ callId } = request);
        isWaiting = true;
        sentMs = performance.now();
        socket.write(request.bytes);
      };
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
        if (!text.includes("\r\n\r\n")) return;
        if (latenciesMs.length === 0) process.send?.("begun");
        latenciesMs.push(performance.now() - sentMs);
        isWaiting = false;
        const status = text.slice(9, 12);
        const isClosing = /\r\nconnection: close/i.test(text);
        text = "";
        if (status === "204") kept.push(callId);
        else statuses[status] = (statuses[status] ?? 0) + 1;
        if (isClosing) socket.end();
        else next();
      });
      socket.once("error", () => {});
      socket.once("connect", next);
      socket.once("close", () => {
        if (isWaiting) cut += 1;
        else if (callId === "") refused += 1;
        // Nobody is there: a sender that comes again at once would only make noise.
        setTimeout(resolve, callId === "" ? 20 : 0);
      });
    });
  };
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < endMs) {
        const socket = connect({ port, host: "127.0.0.1", noDelay: true });
        await converse(socket, () => performance.now() >= endMs);
        socket.destroy();
      }
    }),
  );
  return { kept, latenciesMs, statuses, cut, refused, elapsedMs: performance.now() - startedMs };
}

if (process.send !== undefined) {
  process.once("message", (order: LoadOrder) => {
    void run(order).then((result) => process.send?.(result, () => process.disconnect?.()));
  });
}
