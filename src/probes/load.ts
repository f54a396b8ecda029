import { z } from "zod";
import { askHost } from "../integrations/host.ts";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { defineProbe, type Observation } from "./probe.ts";

const schema = z
  .strictObject({
    warnPerCore: z.number().min(0.1).default(2).describe("One-minute load per core that is a warning"),
    highPerCore: z.number().min(0.1).default(6).describe("One-minute load per core that is bad"),
  })
  .describe("Processes that run or wait, per core");

const text = "cat /proc/loadavg; getconf _NPROCESSORS_ONLN; sed -n 's/^procs_blocked //p' /proc/stat";

/** Runnable and waiting processes per core; those that wait for the disk are counted apart. */
export const loadProbe = defineProbe({
  kind: "load",
  schema,
  // A host that does not answer says nothing about what was asked.
  silence: { state: "unknown" },
  async look(spec, { host, signal, deadlineMs }) {
    const printed = await askHost(host, text, { signal, timeoutMs: deadlineMs });
    const seen = judgeLoad(spec, printed);
    if (seen === undefined) {
      throw new Failure("service-failed", message("load.unreadable", { host: host.name }), message("host.next-look", { host: host.name }));
    }
    return seen;
  },
});

/** Judges the lines of /proc/loadavg, the number of cores and the number of processes blocked on the disk. */
export function judgeLoad(spec: z.infer<typeof schema>, printed: string): Observation | undefined {
  const [loads = "", coreText = "", blockedText = "0"] = printed.trim().split("\n");
  const [load1, load5, load15] = loads.split(" ").map(Number);
  const cores = Number(coreText);
  if (load1 === undefined || load5 === undefined || load15 === undefined || !(cores > 0) || [load1, load5, load15].some(Number.isNaN)) {
    return undefined;
  }
  const perCore = Math.round((load1 / cores) * 100) / 100;
  const blocked = Number(blockedText);
  const measures = { load1, load5, load15, perCore, blockedProcesses: blocked };
  const limit = perCore >= spec.highPerCore ? spec.highPerCore : spec.warnPerCore;
  if (perCore < limit) return { state: "ok", message: message("load.fine", { perCore, cores }), measures };
  const state = limit === spec.highPerCore ? "down" : "degraded";
  return {
    state,
    cause: "load-high",
    message: message("load.high", { perCore, cores, limit, blocked }),
    measures,
    evidence: printed.trim().slice(0, 500),
  };
}
