import { z } from "zod";
import { askHost } from "../integrations/host.ts";
import { durationSchema } from "../kernel/duration.ts";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { countFingerprints, errorPattern, recentLines, zoneMinutes } from "./log-errors-fingerprint.ts";
import { defineProbe, type Observation } from "./probe.ts";

const schema = z
  .strictObject({
    file: z.string().regex(/^\//, { error: "absolute-path" }).describe("The log; rotation is followed"),
    pattern: z
      .string()
      .min(1)
      .refine(isRegExp, { error: "regular-expression" })
      .optional()
      .describe("Regular expression (JavaScript) for lines that count; the default knows the usual log formats"),
    warnPerMinute: z.number().min(0).default(2).describe("Errors per minute that are a warning"),
    badPerMinute: z.number().min(0).default(30).describe("Errors per minute that are bad"),
    window: durationSchema.default(300_000).describe("Time over which they are averaged"),
    maxBytesPerLook: z
      .int()
      .min(4_096)
      .max(16 * 1024 ** 2)
      .default(1024 ** 2)
      .describe("No more than this is read per look; what is passed over is said"),
  })
  .describe("New errors in a log file by rate, grouped, with personal data masked");

// One file, known by its inode: grown, truncated (same inode, smaller), or rotated (the rest of the old one is read from FILE.1).
const text = `
if [ ! -e "$FILE" ]; then echo 'missing 0 0 0 +0000'; exit 0; fi
if [ ! -r "$FILE" ]; then echo 'denied 0 0 0 +0000'; exit 0; fi
inode=$(stat -Lc %i "$FILE"); size=$(stat -Lc %s "$FILE"); from=$OFFSET; how=grown; rest=
if [ -z "$INODE" ]; then how=first; from=$((size > MAX ? size - MAX : 0))
elif [ "$inode" != "$INODE" ]; then
  how=rotated; from=0
  if [ -r "$FILE.1" ] && [ "$(stat -Lc %i "$FILE.1")" = "$INODE" ]; then rest="$FILE.1"; fi
elif [ "$size" -lt "$OFFSET" ]; then how=truncated; from=0
fi
skipped=0
if [ $((size - from)) -gt "$MAX" ]; then skipped=$((size - from - MAX)); from=$((size - MAX)); fi
printf '%s %s %s %s %s\\n' "$how" "$inode" "$size" "$skipped" "$(date +%z)"
if [ -n "$rest" ]; then tail -c "+$((OFFSET + 1))" "$rest" | head -c "$MAX" | tr -d '\\000' || :; fi
tail -c "+$((from + 1))" "$FILE" | head -c "$((size - from))" | tr -d '\\000' || :`;

type LogMemory = {
  readonly inode: string;
  readonly offset: number;
  /** The beginning of a line whose end was not yet written. */
  readonly pending: string;
  readonly counts: readonly { readonly at: number; readonly kinds: Readonly<Record<string, number>> }[];
  readonly known: readonly string[];
};

const mostKnown = 300;

/** Error lines per minute since the last look, by fingerprint; everything personal is masked before it is kept. */
export const logErrorsProbe = defineProbe({
  kind: "log-errors",
  schema,
  // A host that does not answer says nothing about what was asked.
  silence: { state: "unknown" },
  async look(spec, { host, signal, deadlineMs, memory, clock }) {
    const before = memory.get<LogMemory>("log");
    const env = { FILE: spec.file, INODE: before?.inode ?? "", OFFSET: String(before?.offset ?? 0), MAX: String(spec.maxBytesPerLook) };
    const printed = await askHost(host, text, { signal, timeoutMs: deadlineMs, env, maxOutputBytes: spec.maxBytesPerLook * 4 + 4_096 });
    const headEnd = printed.indexOf("\n");
    const [how = "", inode = "", size = "0", skipped = "0", zone = "+0000"] = printed.slice(0, headEnd).split(" ");
    if (how === "missing") {
      throw new Failure("not-found", message("log.missing", { file: spec.file }), message("host.next-look", { host: host.name }));
    }
    if (how === "denied") {
      throw new Failure(
        "not-found",
        message("log.denied", { file: spec.file }),
        message("log.next-denied", { file: spec.file, host: host.name }),
      );
    }
    const now = clock.now();
    const body = (how === "grown" || how === "rotated" ? (before?.pending ?? "") : "") + printed.slice(headEnd + 1);
    const lineEnd = body.lastIndexOf("\n") + 1;
    const full = body.slice(0, lineEnd);
    const lines = how === "first" ? recentLines(full, now, spec.window, zoneMinutes(zone)) : full;
    const fresh = countFingerprints(lines, spec.pattern === undefined ? errorPattern : new RegExp(spec.pattern));
    const counts = [
      ...(before?.counts ?? []).filter(({ at }) => at > now - spec.window && at <= now),
      { at: now, kinds: Object.fromEntries(fresh) },
    ].slice(-200);
    const known = before?.known ?? [];
    // At the first look nothing is known, so nothing is called new.
    const isNew = (kind: string): boolean => before !== undefined && !known.includes(kind);
    const seen = judgeErrors(spec, counts, isNew, Number(skipped));
    memory.set("log", {
      inode,
      offset: Number(size),
      pending: body.slice(lineEnd).slice(-8_192),
      counts,
      known: [...new Set([...known, ...fresh.keys()])].slice(-mostKnown),
    } satisfies LogMemory);
    return seen;
  },
});

export function judgeErrors(
  spec: z.infer<typeof schema>,
  counts: LogMemory["counts"],
  isNew: (kind: string) => boolean,
  skippedBytes: number,
): Observation {
  const totals = new Map<string, number>();
  for (const { kinds } of counts) for (const [kind, count] of Object.entries(kinds)) totals.set(kind, (totals.get(kind) ?? 0) + count);
  const ranked = [...totals].toSorted((left, right) => right[1] - left[1]);
  const errors = ranked.reduce((sum, [, count]) => sum + count, 0);
  const minutes = spec.window / 60_000;
  const perMinute = Math.round((errors / minutes) * 10) / 10;
  const measures = {
    errorsPerMinute: perMinute,
    errors,
    kinds: ranked.length,
    newKinds: ranked.filter(([kind]) => isNew(kind)).length,
    ...(skippedBytes === 0 ? {} : { skippedBytes }),
  };
  const evidence = ranked
    .slice(0, 5)
    .map(([kind, count]) => `${count} x ${isNew(kind) ? "(new) " : ""}${kind}`)
    .join("\n")
    .slice(0, 2_048);
  if (perMinute < spec.warnPerMinute || errors === 0) {
    return {
      state: "ok",
      message: message("log.fine", { file: spec.file, errors, minutes }),
      measures,
      ...(errors === 0 ? {} : { evidence }),
    };
  }
  const isBad = perMinute >= spec.badPerMinute;
  const [top = "", count = 0] = ranked[0] ?? [];
  const said = message("log.errors", {
    file: spec.file,
    perMinute,
    limit: isBad ? spec.badPerMinute : spec.warnPerMinute,
    count,
    top: top.slice(0, 100),
  });
  return { state: isBad ? "down" : "degraded", cause: "log-errors", message: said, measures, evidence };
}

function isRegExp(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}
