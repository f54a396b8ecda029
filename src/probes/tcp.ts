import type { Socket } from "node:net";
import { z } from "zod";
import { NetworkFault } from "../integrations/http-client-fault.ts";
import { openSocket } from "../integrations/tls-connect.ts";
import { message } from "../kernel/message.ts";
import { maskText } from "./http-evidence.ts";
import { lookupTimeoutMs, observeFault, verdictDueMs } from "./network-fault.ts";
import { defineProbe } from "./probe.ts";
import { containsText, textPatternSchema } from "./text-pattern.ts";

const schema = z
  .strictObject({
    address: z.string().min(1).describe("Name or address of the server"),
    port: z.int().min(1).max(65_535).describe("TCP port"),
    expectGreeting: textPatternSchema.optional().describe("What a service says first of itself: SSH-2.0, or an expression /mariadb/i"),
  })
  .describe("A TCP port that accepts a connection, and what it says first");

const greetingBytes = 1024;

/** Does something accept connections on this port, and greet as expected? Measures `connectMs`. */
export const tcpProbe = defineProbe({
  kind: "tcp",
  schema,
  async look({ address, port, expectGreeting: expected }, { signal, clock, deadlineMs }) {
    const startedMs = clock.monotonicMs();
    try {
      const { socket, connectMs } = await openSocket({ host: address, port, lookupTimeoutMs: lookupTimeoutMs(deadlineMs) }, signal);
      const measures = { connectMs: Math.round(connectMs) };
      try {
        if (expected === undefined) return { state: "ok", message: message("tcp.open", { address, port }), measures };
        const leftMs = verdictDueMs(deadlineMs) - (clock.monotonicMs() - startedMs);
        const waitedMs = Math.round(leftMs);
        const greeting = await readGreeting(socket, expected, AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, waitedMs))]));
        signal.throwIfAborted();
        if (containsText(greeting, expected)) return { state: "ok", message: message("tcp.open", { address, port }), measures };
        const what =
          greeting === ""
            ? message("tcp.greeting-missing", { address, port, waitedMs, expected })
            : message("tcp.greeting-wrong", { address, port, greeting: printable(greeting), expected });
        return { state: "down", cause: "unreachable", message: what, measures };
      } finally {
        socket.destroy();
      }
    } catch (error) {
      if (error instanceof NetworkFault) return observeFault(error, `${address}:${port}`, "unreachable");
      throw error;
    }
  },
});

/** What arrives until it fits, is enough, the other side ends, or the time is over. */
async function readGreeting(socket: Socket, expected: string, signal: AbortSignal): Promise<string> {
  return await new Promise((resolve) => {
    let greeting = "";
    const finish = (): void => resolve(greeting);
    signal.addEventListener("abort", finish, { once: true });
    socket.on("data", (chunk: Buffer) => {
      greeting = (greeting + chunk.toString("latin1")).slice(0, greetingBytes);
      if (greeting.length === greetingBytes || containsText(greeting, expected)) finish();
    });
    socket.on("close", finish);
  });
}

function printable(text: string): string {
  return JSON.stringify(maskText(text.slice(0, 80).replace(/[^\x20-\x7e]/g, "·")));
}
