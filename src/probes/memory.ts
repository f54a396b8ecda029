import { z } from "zod";
import { askHost } from "../integrations/host.ts";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { formatBytes } from "./disk-bytes.ts";
import { defineProbe, type Observation } from "./probe.ts";

const schema = z
  .strictObject({
    warnPercent: z.number().min(0).max(100).default(10).describe("Less available memory than this, in per cent of all, is a warning"),
    lowPercent: z.number().min(0).max(100).default(4).describe("Less than this is bad"),
    swapPagesPerSecond: z.number().min(1).default(1_000).describe("Pages swapped per second that count as thrashing"),
  })
  .describe("Available memory, swapping, and processes the kernel had to kill");

const text = "cat /proc/meminfo; sed 's/^/vm./' /proc/vmstat; sed 's/^/boot /' /proc/sys/kernel/random/boot_id";

/** Available memory, thrashing swap, and processes the kernel has killed for want of memory since the last look. */
export const memoryProbe = defineProbe({
  kind: "memory",
  schema,
  // A host that does not answer says nothing about what was asked.
  silence: { state: "unknown" },
  async look(spec, { host, signal, deadlineMs, memory, clock }) {
    const level = parseMemory(await askHost(host, text, { signal, timeoutMs: deadlineMs }));
    if (level === undefined) {
      throw new Failure(
        "service-failed",
        message("memory.unreadable", { host: host.name }),
        message("host.next-look", { host: host.name }),
      );
    }
    const before = memory.get<MemoryLevel & { at: number }>("level");
    memory.set("level", { ...level, at: clock.now() });
    return judgeMemory(spec, level, sinceBefore(before, level, clock.now()));
  },
});

export type MemoryLevel = {
  readonly boot: string;
  readonly allBytes: number;
  readonly availableBytes: number;
  /** Counts since boot. */
  readonly oomKills: number;
  readonly swappedPages: number;
};

export function parseMemory(printed: string): MemoryLevel | undefined {
  const figure = (pattern: RegExp): number | undefined => {
    const found = pattern.exec(printed)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const allKilobytes = figure(/^MemTotal:\s+(\d+)/m);
  const availableKilobytes = figure(/^MemAvailable:\s+(\d+)/m);
  if (allKilobytes === undefined || availableKilobytes === undefined || allKilobytes === 0) return undefined;
  return {
    boot: /^boot (\S+)/m.exec(printed)?.[1] ?? "",
    allBytes: allKilobytes * 1024,
    availableBytes: availableKilobytes * 1024,
    oomKills: figure(/^vm\.oom_kill (\d+)/m) ?? 0,
    swappedPages: (figure(/^vm\.pswpin (\d+)/m) ?? 0) + (figure(/^vm\.pswpout (\d+)/m) ?? 0),
  };
}

type Since = { readonly oomKills: number; readonly swapPagesPerSecond: number };

/** What was counted since the last look; nothing when the host has booted in between or the clock went back. */
export function sinceBefore(before: (MemoryLevel & { at: number }) | undefined, level: MemoryLevel, now: number): Since {
  if (before === undefined || before.boot !== level.boot || now <= before.at) return { oomKills: 0, swapPagesPerSecond: 0 };
  const pages = Math.max(0, level.swappedPages - before.swappedPages);
  return { oomKills: Math.max(0, level.oomKills - before.oomKills), swapPagesPerSecond: Math.round(pages / ((now - before.at) / 1000)) };
}

export function judgeMemory(spec: z.infer<typeof schema>, level: MemoryLevel, since: Since): Observation {
  const percent = Math.round((level.availableBytes / level.allBytes) * 1000) / 10;
  const free = formatBytes(level.availableBytes);
  const measures = {
    availableBytes: level.availableBytes,
    availablePercent: percent,
    oomKills: since.oomKills,
    swapPagesPerSecond: since.swapPagesPerSecond,
  };
  const bad = (state: "degraded" | "down", said: Observation["message"], isDefinite = false): Observation => ({
    state,
    cause: "memory-low",
    ...(isDefinite ? { isDefinite } : {}),
    message: said,
    measures,
  });
  if (percent <= spec.lowPercent) return bad("down", message("memory.low", { percent, free, limit: spec.lowPercent }));
  if (since.oomKills > 0) return bad("degraded", message("memory.oom", { count: since.oomKills, free }), true);
  if (since.swapPagesPerSecond >= spec.swapPagesPerSecond) {
    return bad("degraded", message("memory.thrash", { pages: since.swapPagesPerSecond, limit: spec.swapPagesPerSecond }));
  }
  if (percent <= spec.warnPercent) return bad("degraded", message("memory.low", { percent, free, limit: spec.warnPercent }));
  return { state: "ok", message: message("memory.fine", { percent, free }), measures };
}
