import { connect } from "node:net";
import { z } from "zod";
import { message } from "../kernel/message.ts";
import { defineProbe } from "./probe.ts";

const schema = z.strictObject({ address: z.string().min(1), port: z.int().min(1).max(65_535) });

/** Does something accept connections on this port? Measures `connectMs`. */
export const tcpProbe = defineProbe({
  kind: "tcp",
  schema,
  async look({ address, port }, { signal, clock }) {
    const startedMs = clock.monotonicMs();
    return await new Promise((resolve) => {
      const socket = connect({ host: address, port, signal });
      socket.once("connect", () => {
        const connectMs = clock.monotonicMs() - startedMs;
        socket.destroy();
        resolve({ state: "ok", message: message("tcp.open", { address, port }), measures: { connectMs } });
      });
      socket.once("error", (error: NodeJS.ErrnoException) => {
        if (signal.aborted) return; // the deadline speaks for itself
        const reason = error.code ?? error.message;
        resolve({ state: "down", cause: "unreachable", message: message("tcp.closed", { address, port, reason }) });
      });
    });
  },
});
