import { formatDuration } from "../kernel/duration.ts";
import { message } from "../kernel/message.ts";
import type { Observation } from "./probe.ts";

/** The last report of a job. `at`: epoch ms UTC; `exitCode` is absent for a plain "I am alive". */
export type Ping = { readonly at: number; readonly exitCode?: number };

export type HeartbeatSpec = { readonly name: string; readonly everyMs: number; readonly graceMs: number };

/**
 * Overdue is what has been silent for `everyMs + graceMs`. Silence counts only from `watchedSince` (epoch ms UTC),
 * when we began to listen: what was sent while nobody listened is unknown, not missing.
 */
export function decideHeartbeat(lastPing: Ping | undefined, now: number, spec: HeartbeatSpec, watchedSince: number): Observation {
  const { name, everyMs, graceMs } = spec;
  const every = formatDuration(everyMs);
  const grace = formatDuration(graceMs);
  const allowedMs = everyMs + graceMs;
  const watched = about(now - watchedSince);
  if (lastPing === undefined) {
    if (now - watchedSince <= allowedMs) return { state: "unknown", message: message("heartbeat.waiting", { name, every }) };
    return { state: "down", cause: "heartbeat-missing", message: message("heartbeat.never", { name, age: watched, every }) };
  }
  const ageMs = now - lastPing.at;
  const age = about(ageMs);
  const measures = { pingAgeMs: ageMs };
  if (ageMs < -graceMs) return { state: "unknown", message: message("heartbeat.future", { name, ahead: about(-ageMs) }), measures };
  if (lastPing.exitCode !== undefined && lastPing.exitCode !== 0) {
    const what = message("heartbeat.failed", { name, age, exitCode: lastPing.exitCode });
    return {
      state: "down",
      cause: "job-failed",
      isDefinite: true,
      message: what,
      measures: { ...measures, exitCode: lastPing.exitCode },
    };
  }
  if (ageMs <= allowedMs) return { state: "ok", message: message("heartbeat.ok", { name, age }), measures };
  if (now - watchedSince <= allowedMs) {
    return { state: "unknown", message: message("heartbeat.unwatched", { name, age, watched }), measures };
  }
  return {
    state: "down",
    cause: "heartbeat-missing",
    isDefinite: true,
    message: message("heartbeat.missing", { name, age, every, grace }),
    measures,
  };
}

const scales = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "m"],
  [1000, "s"],
] as const;

/** An age to read, in the two largest units: `3d 4h`, `2m 5s`, `0s`. */
function about(ms: number): string {
  let left = Math.max(0, ms);
  const parts: string[] = [];
  for (const [scaleMs, unit] of scales) {
    const count = Math.floor(left / scaleMs);
    left -= count * scaleMs;
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? "0s" : parts.join(" ");
}
