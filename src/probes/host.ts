import { z } from "zod";
import { sshFailureCode } from "../integrations/host.ts";
import { message, verbatim } from "../kernel/message.ts";
import { defineProbe } from "./probe.ts";

/** Can we get onto the host at all? Everything that runs there depends on this one. */
export const hostProbe = defineProbe({
  kind: "host",
  schema: z.strictObject({}).describe("A login on the host; everything that runs there depends on it"),
  silence: { state: "down", cause: "host-unreachable" },
  async look(_, { host, signal, deadlineMs }) {
    const { exitCode, stderr, startError, durationMs } = await host.run(["true"], { signal, timeoutMs: deadlineMs });
    if (exitCode === 0) {
      return { state: "ok", message: message("host.reached", { host: host.name }), measures: { loginMs: Math.round(durationMs) } };
    }
    const reason = verbatim(startError ?? stderr.trim().split("\n").at(-1) ?? "");
    if (startError !== undefined) return { state: "unknown", message: message("host.no-ssh", { reason }) };
    const what =
      exitCode === sshFailureCode
        ? message("host.unreachable", { host: host.name, reason })
        : message("host.broken", { host: host.name, reason });
    return { state: "down", cause: "host-unreachable", message: what };
  },
});
