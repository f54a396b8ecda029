import { z } from "zod";
import { askHost } from "../integrations/host.ts";
import { durationSchema, formatDuration } from "../kernel/duration.ts";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { formatBytes } from "./disk-bytes.ts";
import { defineProbe, type Observation } from "./probe.ts";

const schema = z
  .strictObject({
    folder: z.string().regex(/^\//, { error: "absolute-path" }).describe("Folder the backups lie in"),
    pattern: z
      .string()
      .min(1)
      .refine((given) => !given.includes("/"), { error: "file-pattern" })
      .default("*")
      .describe("File names as for find -name; names in progress (*.part, *.tmp) never count"),
    maxAge: durationSchema.default(26 * 3_600_000).describe("The newest one may be this old"),
    minSizePercent: z.number().min(0).max(100).default(50).describe("Least size of the newest one against the median of those before"),
    settle: durationSchema.default(60_000).describe("A file that changed more recently is still being written"),
    endMarker: z
      .string()
      .min(1)
      .optional()
      .describe("Text at the end of a complete dump; none looks for none; default for .sql: as mysqldump or pg_dump end"),
    manifest: z
      .string()
      .min(1)
      .refine((given) => !given.includes("/"), { error: "file-pattern" })
      .optional()
      .describe("A list as sha256sum writes it, in the same folder: only files it names count, and the newest must match"),
  })
  .describe("The newest backup in a folder: its age, its size against those before, its end");

type BackupSpec = z.infer<typeof schema>;

const keptFiles = 12;

const text = `
if [ ! -d "$FOLDER" ]; then echo MISSING; exit 0; fi
if [ ! -r "$FOLDER" ] || [ ! -x "$FOLDER" ]; then echo DENIED; exit 0; fi
cd -- "$FOLDER"
printf 'NOW %s\\n' "$(date +%s)"
find . -maxdepth 1 -xtype l -name "$PATTERN" -printf 'DANGLING %f\\n' | sed -n 1,5p
names=
if [ -n "$MANIFEST" ]; then
  if [ ! -r "./$MANIFEST" ]; then echo NOMANIFEST; exit 0; fi
  names=$(sed -n 's/^[0-9a-f]\\{64\\} [ *]\\(.*\\)$/\\1/p' "./$MANIFEST")
fi
list=$(find . -maxdepth 1 -type f -name "$PATTERN" ! -name '*.part' ! -name '*.partial' ! -name '*.tmp' ! -name '*.incomplete' ! -name '.*' -printf '%T@ %s %f\\n' | sort -rn)
newest=
count=0
while read -r changed size name; do
  [ -n "$name" ] || continue
  if [ -n "$MANIFEST" ] && { [ "$name" = "$MANIFEST" ] || ! printf '%s\\n' "$names" | grep -qxF -- "$name"; }; then continue; fi
  printf 'FILE %s %s %s\\n' "\${changed%.*}" "$size" "$name"
  if [ -z "$newest" ] && [ $(($(date +%s) - \${changed%.*})) -ge "$SETTLE" ]; then newest=$name; newestSize=$size; newestChanged=\${changed%.*}; fi
  count=$((count + 1)); [ "$count" -lt ${keptFiles} ] || break
done <<<"$list"
[ -n "$newest" ] || exit 0
# A whole archive is unpacked to see its end: once per file, not at each look.
if [ "$KNOWN" = "$newestChanged $newestSize $newest" ]; then echo 'END known'; exit 0; fi
unpack() {
  case $1 in
    *.gz|*.tgz) gzip -dc -- "./$1" ;;
    *.xz) xz -dc -- "./$1" ;;
    *.bz2) bzip2 -dc -- "./$1" ;;
    *.zst) zstd -dcq -- "./$1" ;;
    *) tail -c 4096 -- "./$1" ;;
  esac
}
if [ ! -r "./$newest" ]; then echo 'END unreadable'; exit 0; fi
code=0
tail=$(set -o pipefail; timeout "$SECONDS_LEFT" bash -c "set -o pipefail; $(declare -f unpack); "'unpack "$1" | tail -c 4096 | tr -d "\\000"' unpack "$newest" 2>&1) || code=$?
if [ "$code" = 124 ]; then echo 'END slow'
elif [ "$code" != 0 ]; then printf 'END broken %s\\n' "$(printf %s "$tail" | tail -n 1 | cut -c 1-200)"
else printf 'TAIL %s\\n' "$(printf %s "$tail" | tail -c 600 | base64 -w0)"; fi
if [ -n "$MANIFEST" ]; then
  if (timeout "$SECONDS_LEFT" sha256sum --quiet -c <(grep -F -- " $newest" "./$MANIFEST" | grep -E "^[0-9a-f]{64} [ *]")) >/dev/null 2>&1; then echo 'SUM ok'; else echo 'SUM wrong'; fi
fi`;

/** Is there a backup that is young enough, as large as the ones before, and complete? Looks at the artefact, never at the job. */
export const backupProbe = defineProbe({
  kind: "backup",
  schema,
  // A host that does not answer says nothing about what was asked.
  silence: { state: "unknown" },
  async look(spec, { host, signal, deadlineMs, memory }) {
    const env = {
      FOLDER: spec.folder,
      PATTERN: spec.pattern,
      MANIFEST: spec.manifest ?? "",
      SETTLE: String(Math.ceil(spec.settle / 1000)),
      KNOWN: memory.get<string>("complete") ?? "",
      SECONDS_LEFT: String(Math.max(1, Math.floor(deadlineMs / 1000) - 1)),
    };
    const printed = await askHost(host, text, { signal, timeoutMs: deadlineMs, env });
    const next = message("host.next-look", { host: host.name });
    if (printed.startsWith("MISSING")) {
      return { state: "down", cause: "backup-stale", isDefinite: true, message: message("backup.no-folder", { folder: spec.folder }) };
    }
    if (printed.startsWith("DENIED")) throw new Failure("not-found", message("backup.denied", { folder: spec.folder }), next);
    const seen = judgeBackup(spec, parseBackups(printed, spec.settle));
    if (seen.newest !== undefined && seen.observation.state === "ok") memory.set("complete", seen.newest);
    return seen.observation;
  },
});

export type BackupFile = { readonly changedAt: number; readonly size: number; readonly name: string };
export type BackupFolder = {
  readonly now: number;
  /** Newest first; `growing` ones are not counted as backups. */
  readonly finished: readonly BackupFile[];
  readonly growing: readonly BackupFile[];
  readonly dangling: readonly string[];
  readonly hasManifest: boolean;
  readonly end:
    | { readonly kind: "known" | "slow" | "unreadable" }
    | { readonly kind: "broken"; readonly reason: string }
    | { readonly kind: "tail"; readonly tail: string };
  readonly isSumWrong: boolean;
  readonly evidence: string;
};

export function parseBackups(printed: string, settleMs: number): BackupFolder {
  const lines = printed.trim().split("\n");
  const rest = (name: string): string[] => lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const now = Number(rest("NOW")[0] ?? 0) * 1000;
  const files = rest("FILE").map((line) => {
    const [changed = "0", size = "0", ...name] = line.split(" ");
    return { changedAt: Number(changed) * 1000, size: Number(size), name: name.join(" ") };
  });
  const isFinished = ({ changedAt }: BackupFile): boolean => now - changedAt >= Math.ceil(settleMs / 1000) * 1000;
  const [kind = "", ...reason] = (rest("END")[0] ?? "").split(" ");
  const tail = Buffer.from(rest("TAIL")[0] ?? "", "base64").toString("utf8");
  return {
    now,
    finished: files.filter(isFinished),
    growing: files.filter((file) => !isFinished(file)),
    dangling: rest("DANGLING"),
    hasManifest: !lines.includes("NOMANIFEST"),
    end:
      kind === "known" || kind === "slow" || kind === "unreadable"
        ? { kind }
        : kind === "broken"
          ? { kind, reason: reason.join(" ") }
          : { kind: "tail", tail },
    isSumWrong: lines.includes("SUM wrong"),
    evidence: lines
      .filter((line) => !line.startsWith("TAIL "))
      .join("\n")
      .slice(0, 2_048),
  };
}

const dumpEnds = [/-- Dump completed/, /PostgreSQL database (?:cluster )?dump complete/];

/** `newest` identifies the complete backup, so that it is unpacked once only. */
export function judgeBackup(spec: BackupSpec, seen: BackupFolder): { observation: Observation; newest?: string } {
  const { folder } = spec;
  const [newest, ...older] = seen.finished;
  const bad = (
    state: "degraded" | "down",
    said: Observation["message"],
    measures?: Observation["measures"],
  ): { observation: Observation } => ({
    observation: {
      state,
      cause: "backup-stale",
      isDefinite: true,
      message: said,
      evidence: seen.evidence,
      ...(measures === undefined ? {} : { measures }),
    },
  });
  if (!seen.hasManifest) return bad("down", message("backup.no-manifest", { folder, manifest: spec.manifest ?? "" }));
  if (newest === undefined) {
    const [growing] = seen.growing;
    if (growing !== undefined) return bad("down", message("backup.only-growing", { folder, name: growing.name }));
    return bad("down", message("backup.none", { folder, pattern: spec.pattern }));
  }
  const { name, size } = newest;
  const ageMs = Math.max(0, seen.now - newest.changedAt);
  const ageHours = Math.round(ageMs / 360_000) / 10;
  const medianBytes = median(older.map((file) => file.size).filter((bytes) => bytes > 0));
  const percent = medianBytes === undefined ? 100 : Math.round((size / medianBytes) * 100);
  const measures = { ageHours, sizeBytes: size, sizePercentOfMedian: percent, backups: seen.finished.length };
  if (ageMs > spec.maxAge) {
    return bad("down", message("backup.old", { name, hours: ageHours, limit: formatDuration(spec.maxAge) }), measures);
  }
  if (size === 0) return bad("down", message("backup.empty", { name }), measures);
  if (seen.isSumWrong) return bad("down", message("backup.sum-wrong", { name, manifest: spec.manifest ?? "" }), measures);
  if (seen.end.kind === "broken") return bad("down", message("backup.broken", { name, reason: seen.end.reason }), measures);
  if (seen.end.kind === "tail" && !isComplete(spec, name, seen.end.tail)) {
    return bad("down", message("backup.incomplete", { name }), measures);
  }
  if (percent < spec.minSizePercent) {
    return bad(
      "degraded",
      message("backup.small", {
        name,
        size: formatBytes(size),
        percent,
        median: formatBytes(medianBytes ?? 0),
        limit: spec.minSizePercent,
      }),
      measures,
    );
  }
  const [dangling] = seen.dangling;
  if (dangling !== undefined) return bad("degraded", message("backup.dangling", { folder, name: dangling }), measures);
  if (seen.end.kind === "slow" || seen.end.kind === "unreadable") {
    return { observation: { state: "unknown", message: message("backup.end-unseen", { name }), measures, evidence: seen.evidence } };
  }
  return {
    observation: { state: "ok", message: message("backup.fine", { name, hours: ageHours, size: formatBytes(size) }), measures },
    newest: `${newest.changedAt / 1000} ${size} ${name}`,
  };
}

function isComplete({ endMarker }: BackupSpec, name: string, tail: string): boolean {
  if (endMarker === "none") return true;
  if (endMarker !== undefined) return tail.includes(endMarker);
  return !/\.sql(?:\.|$)/.test(name) || dumpEnds.some((end) => end.test(tail));
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((left, right) => left - right);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.floor(sorted.length / 2)];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
