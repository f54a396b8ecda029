import { maskPersonalData } from "../kernel/mask.ts";

/** Level words of Laravel, nginx, PHP, syslog, JSON loggers, and the first lines of stack traces. */
export const errorPattern =
  /\b(?:ERROR|CRITICAL|ALERT|EMERGENCY|FATAL|PANIC|SEVERE)\b|\[(?:error|crit|alert|emerg)\]|"level":\s?(?:"(?:error|fatal|critical|alert|emergency)"|[56]0\b)|\b(?:PHP )?(?:Fatal|Parse) error\b|^\w*(?:Error|Exception): |\bTraceback \(most recent|\bsegfault at\b|\bOut of memory: Kill/;

const longestFingerprint = 160;

/**
 * What kind of error a line is: dates, numbers, ids, quoted values, paths' numbers and everything personal replaced,
 * so that the same fault has the same fingerprint whoever ran into it.
 */
export function fingerprintOf(line: string): string {
  return maskPersonalData(line.slice(0, 1_000))
    .replace(/^[[(]?\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?[\])]?\s*/, "")
    .replace(/^[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \S+ /, "")
    .replaceAll(/"(?:ts|time|timestamp|datetime|date)":\s?(?:"[^"]*"|\d+(?:\.\d+)?),?/g, "")
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "#")
    .replaceAll(/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, "#")
    .replaceAll(/'[^']{1,200}'/g, "'…'")
    .replaceAll(/\d+/g, "#")
    .replaceAll(/[#][#.,:#-]*#/g, "#")
    .replaceAll(/\s+/g, " ")
    .trim()
    .slice(0, longestFingerprint);
}

/** How often each kind of error stands in the text, most frequent first. */
export function countFingerprints(text: string, pattern: RegExp): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (!pattern.test(line.slice(0, 4_000))) continue;
    const fingerprint = fingerprintOf(line);
    counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + 1);
  }
  return new Map([...counts].toSorted((left, right) => right[1] - left[1]));
}

/**
 * The lines of a text that carry a time within `windowMs` before `now`, for the first look at a log. A time without zone counts
 * when it fits in UTC or in the host's zone (`offsetMinutes`); lines without a time belong to the line before.
 */
export function recentLines(text: string, now: number, windowMs: number, offsetMinutes: number): string {
  let isRecent = false;
  const kept = text.split("\n").filter((line) => {
    const times = timesOf(line.slice(0, 200), offsetMinutes);
    if (times.length > 0) isRecent = times.some((at) => at > now - windowMs && at <= now + 60_000);
    return isRecent;
  });
  return kept.join("\n");
}

function timesOf(head: string, offsetMinutes: number): number[] {
  const [, date = "", time = "", zone] =
    /(\d{4}[-/]\d{2}[-/]\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,]\d+)?(Z|[+-]\d{2}:?\d{2})?/.exec(head) ?? [];
  if (date === "") return [];
  const asUtc = Date.parse(`${date.replaceAll("/", "-")}T${time}Z`);
  if (Number.isNaN(asUtc)) return [];
  if (zone === undefined) return [asUtc, asUtc - offsetMinutes * 60_000];
  return [asUtc - (zone === "Z" ? 0 : zoneMinutes(zone)) * 60_000];
}

/** Minutes east of UTC of `+0200` or `+02:00`. */
export function zoneMinutes(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
