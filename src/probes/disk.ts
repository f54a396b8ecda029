import { z } from "zod";
import { askHost } from "../integrations/host.ts";
import { durationSchema } from "../kernel/duration.ts";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { formatBytes, parseBytes } from "./disk-bytes.ts";
import { addSample, predictFullMinutes, type FillSample } from "./disk-growth.ts";
import { defineProbe, type Observation } from "./probe.ts";

const bytes = z.union([z.int().min(0), z.string()]).transform((given, context) => {
  const parsed = typeof given === "number" ? given : parseBytes(given);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: "custom", message: "bytes" });
  return z.NEVER;
});

const schema = z
  .strictObject({
    path: z.string().regex(/^\//, { error: "absolute-path" }).describe("A path on the file system to watch"),
    warnPercent: z.number().min(1).max(100).default(80).describe("Used per cent that are a warning, of bytes and of inodes alike"),
    fullPercent: z.number().min(1).max(100).default(90).describe("Used per cent that count as full"),
    warnFree: bytes.optional().describe("Less free than this is a warning as well: 500M, 2G"),
    fullFree: bytes.optional().describe("Less free than this counts as full as well: 500M, 2G"),
    budget: bytes.optional().describe("The folder may hold this much, however large its disk is"),
    fullWithin: durationSchema.default(3_600_000).describe("A level that will be full sooner than this is a warning today"),
    mayBeReadOnly: z.boolean().default(false).describe("A file system that takes no writes is in order here"),
  })
  .describe("Free space and inodes of a file system, and when it will be full");

type DiskSpec = z.infer<typeof schema>;

const text = `
[ -e "$TARGET" ] || { echo "MISSING"; exit 0; }
df -PB1 -- "$TARGET" | tail -n 1 | sed 's/^/BYTES /'
df -Pi -- "$TARGET" | tail -n 1 | sed 's/^/INODES /'
findmnt -n -o OPTIONS -T "$TARGET" | tail -n 1 | sed 's/^/OPTIONS /' || :
if [ "$HAS_BUDGET" = 1 ]; then
  # A huge tree must not hold up the rest: what was not counted in time is said to be unknown.
  if total=$(timeout "$COUNT_SECONDS" du -sxB1 -- "$TARGET/" 2>/dev/null); then echo "FOLDER \${total%%[!0-9]*}"
  else code=$?; if [ $code -ne 124 ] && [ -n "\${total:-}" ]; then echo "FOLDER \${total%%[!0-9]*}"; else echo "FOLDER unknown"; fi
  fi
fi`;

/** Free bytes and inodes of the file system under `path`, and what a folder with a budget of its own holds. */
export const diskProbe = defineProbe({
  kind: "disk",
  schema,
  // A host that does not answer says nothing about what was asked.
  silence: { state: "unknown" },
  async look(spec, { host, signal, deadlineMs, memory, clock }) {
    const countSeconds = Math.max(0.5, (deadlineMs - 1_000) / 1000).toFixed(1);
    const printed = await askHost(host, text, {
      signal,
      timeoutMs: deadlineMs,
      env: { TARGET: spec.path, HAS_BUDGET: spec.budget === undefined ? "0" : "1", COUNT_SECONDS: countSeconds },
    });
    if (printed.startsWith("MISSING")) {
      throw new Failure("not-found", message("disk.missing", { path: spec.path }), message("host.next-look", { host: host.name }));
    }
    const level = parseLevel(printed);
    if (level === undefined) {
      throw new Failure("service-failed", message("disk.unreadable", { path: spec.path }), message("host.next-look", { host: host.name }));
    }
    const samples = addSample(memory.get<FillSample[]>("samples") ?? [], {
      at: clock.now(),
      usedBytes: level.folderBytes ?? level.usedBytes,
    });
    memory.set("samples", samples);
    return judgeDisk(spec, level, predictFullMinutes(samples, spec.budget ?? level.usedBytes + level.freeBytes));
  },
});

export type DiskLevel = {
  readonly usedBytes: number;
  readonly freeBytes: number;
  readonly usedInodes: number;
  /** 0 where the file system counts none (btrfs, some network disks). */
  readonly allInodes: number;
  readonly isReadOnly: boolean;
  /** Absent without a budget, or when it could not be counted in time. */
  readonly folderBytes?: number;
  readonly isFolderUnknown: boolean;
  readonly evidence: string;
};

export function parseLevel(printed: string): DiskLevel | undefined {
  const words = (name: string): string[] | undefined => {
    const line = printed.split("\n").find((candidate) => candidate.startsWith(`${name} `));
    return line
      ?.slice(name.length + 1)
      .trim()
      .split(/\s+/);
  };
  // A device or mount point may contain blanks: the figures are found by the per cent sign after them.
  const figures = (name: string): number[] | undefined => {
    const line = words(name)?.join(" ");
    const match = line === undefined ? null : /(\d+|-) (\d+|-) (-?\d+|-) (?:\d+%|-) /.exec(line);
    return match?.slice(1, 4).map((figure) => (figure === "-" ? 0 : Number(figure)));
  };
  const [, usedBytes, freeBytes] = figures("BYTES") ?? [];
  const [allInodes = 0, usedInodes = 0] = figures("INODES") ?? [];
  if (usedBytes === undefined || freeBytes === undefined) return undefined;
  const folder = words("FOLDER")?.[0];
  const isCounted = folder !== undefined && /^\d+$/.test(folder);
  return {
    usedBytes,
    freeBytes: Math.max(0, freeBytes),
    usedInodes,
    allInodes,
    isReadOnly: (words("OPTIONS")?.[0] ?? "").split(",").includes("ro"),
    ...(isCounted ? { folderBytes: Number(folder) } : {}),
    isFolderUnknown: folder !== undefined && !isCounted,
    evidence: printed.trim().slice(0, 2_048),
  };
}

/** The worst of: read-only, bytes, inodes, budget, and what the growth foretells. */
export function judgeDisk(spec: DiskSpec, level: DiskLevel, fullInMinutes: number | undefined): Observation {
  const { path } = spec;
  const share = (used: number, all: number): number => (all === 0 ? 0 : Math.round((used / all) * 1000) / 10);
  // Root's reserve belongs neither to the used nor to the free: df(1) counts the same way.
  const usedPercent = share(level.usedBytes, level.usedBytes + level.freeBytes);
  const inodePercent = share(level.usedInodes, level.allInodes);
  const budgetPercent = spec.budget === undefined || level.folderBytes === undefined ? 0 : share(level.folderBytes, spec.budget);
  const measures = {
    freeBytes: level.freeBytes,
    usedPercent,
    inodePercent,
    ...(level.folderBytes === undefined ? {} : { folderBytes: level.folderBytes, budgetPercent }),
    ...(fullInMinutes === undefined ? {} : { fullInMinutes: Math.round(fullInMinutes) }),
  };
  const bad = (state: "degraded" | "down", said: Observation["message"], isDefinite = false): Observation => ({
    state,
    cause: state === "down" ? "disk-full" : "disk-filling",
    ...(isDefinite ? { isDefinite } : {}),
    message: said,
    measures,
    evidence: level.evidence,
  });
  const free = formatBytes(level.freeBytes);
  if (level.isReadOnly && !spec.mayBeReadOnly) return bad("down", message("disk.read-only", { path }), true);
  const space = (limit: number): Observation["message"] => message("disk.space", { path, percent: usedPercent, free, limit });
  const inodes = (limit: number): Observation["message"] => message("disk.inodes", { path, percent: inodePercent, limit });
  const little = (limit: number): Observation["message"] => message("disk.free", { path, free, limit: formatBytes(limit) });
  const budget = (limit: number): Observation["message"] =>
    message("disk.budget", {
      path,
      used: formatBytes(level.folderBytes ?? 0),
      budget: formatBytes(spec.budget ?? 0),
      percent: budgetPercent,
      limit,
    });
  if (usedPercent >= spec.fullPercent) return bad("down", space(spec.fullPercent), level.freeBytes === 0);
  if (inodePercent >= spec.fullPercent) return bad("down", inodes(spec.fullPercent), level.usedInodes >= level.allInodes);
  if (spec.fullFree !== undefined && level.freeBytes <= spec.fullFree) return bad("down", little(spec.fullFree));
  if (budgetPercent >= 100) return bad("down", budget(100));
  const soon = fullInMinutes !== undefined && fullInMinutes <= spec.fullWithin / 60_000;
  if (soon) {
    return bad(
      "degraded",
      message("disk.full-soon", {
        path,
        minutes: Math.round(fullInMinutes),
        percent: spec.budget === undefined ? usedPercent : budgetPercent,
      }),
    );
  }
  if (usedPercent >= spec.warnPercent) return bad("degraded", space(spec.warnPercent));
  if (inodePercent >= spec.warnPercent) return bad("degraded", inodes(spec.warnPercent));
  if (spec.warnFree !== undefined && level.freeBytes <= spec.warnFree) return bad("degraded", little(spec.warnFree));
  if (budgetPercent >= spec.warnPercent) return bad("degraded", budget(spec.warnPercent));
  if (level.isFolderUnknown) return { state: "unknown", message: message("disk.not-counted", { path }), measures };
  return { state: "ok", message: message("disk.fine", { path, percent: usedPercent, free }), measures };
}
