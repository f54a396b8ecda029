import { z } from "zod";
import { askHost } from "../integrations/host.ts";
import { durationSchema, formatDuration } from "../kernel/duration.ts";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { defineProbe, type Observation } from "./probe.ts";

const schema = z
  .strictObject({
    // Webhook signatures are valid for 5 minutes: long before that somebody must know.
    warnOffset: durationSchema.default(2_000).describe("Further off than this is a warning"),
    badOffset: durationSchema.default(60_000).describe("Further off than this is bad: signatures begin to fail"),
  })
  .describe("The clock of a host against others, and whether it jumped");

// Seconds since boot never jump; the wall clock beside them shows whether it did.
const text = `
printf 'Boot %s\\n' "$(cat /proc/sys/kernel/random/boot_id)"
read -r uptime _ </proc/uptime
printf 'Now %s %s\\n' "$(date +%s.%N)" "$uptime"
if command -v chronyc >/dev/null && tracking=$(timeout 2 chronyc -c -n tracking 2>/dev/null); then printf 'Chrony %s\\n' "$tracking"; fi
if command -v timedatectl >/dev/null && synced=$(timeout 2 timedatectl show -p NTPSynchronized --value 2>/dev/null); then printf 'Synced %s\\n' "$synced"; fi`;

/**
 * How far the host's clock is off: by its own time service (chrony, systemd), for a host behind ssh against the responder's
 * clock as well (half the round trip is its uncertainty), and whether it jumped since the last look.
 */
export const clockOffsetProbe = defineProbe({
  kind: "clock-offset",
  schema,
  // A host that does not answer says nothing about what was asked.
  silence: { state: "unknown" },
  async look(spec, { host, signal, deadlineMs, memory, clock }) {
    const askedAt = clock.now();
    const printed = await askHost(host, text, { signal, timeoutMs: deadlineMs });
    const reading = parseClock(printed);
    if (reading === undefined) {
      throw new Failure("service-failed", message("clock.unreadable", { host: host.name }), message("host.next-look", { host: host.name }));
    }
    const before = memory.get<ClockReading>("reading");
    memory.set("reading", reading);
    const against = host.isLocal ? undefined : offsetBetween(reading.wallMs, askedAt, clock.now());
    const seen = judgeClock(spec, reading, jumpSince(before, reading), against);
    if (seen !== undefined) return seen;
    throw new Failure(
      "not-found",
      message("clock.no-reference", { host: host.name }),
      message("clock.next-reference", { host: host.name }),
    );
  },
});

export type ClockReading = {
  readonly boot: string;
  readonly wallMs: number;
  readonly uptimeMs: number;
  /** Offset by chrony; positive = the host's clock is fast. */
  readonly ntpOffsetMs?: number;
  readonly isSynchronized?: boolean;
};

export function parseClock(printed: string): ClockReading | undefined {
  const now = /^Now (\d+\.\d+) (\d+\.\d+)$/m.exec(printed);
  if (now === null) return undefined;
  // chronyc -c tracking: field 5 = system time against NTP in seconds, fast is positive; the last field is the leap status.
  const chrony = /^Chrony (.+)$/m.exec(printed)?.[1]?.split(",");
  const synced = /^Synced (yes|no)$/m.exec(printed)?.[1];
  const isSynchronized =
    chrony === undefined ? (synced === undefined ? undefined : synced === "yes") : chrony.at(-1) !== "Not synchronised";
  const offset = Number(chrony?.[4]);
  return {
    boot: /^Boot (\S+)$/m.exec(printed)?.[1] ?? "",
    wallMs: Number(now[1]) * 1000,
    uptimeMs: Number(now[2]) * 1000,
    ...(chrony !== undefined && Number.isFinite(offset) ? { ntpOffsetMs: offset * 1000 } : {}),
    ...(isSynchronized === undefined ? {} : { isSynchronized }),
  };
}

type Offset = { readonly offsetMs: number; readonly uncertaintyMs: number };

/** The host's clock against ours, read at some moment between asking and hearing. */
export function offsetBetween(wallMs: number, askedAt: number, heardAt: number): Offset {
  const uncertaintyMs = Math.max(0, heardAt - askedAt) / 2;
  return { offsetMs: wallMs - (askedAt + heardAt) / 2, uncertaintyMs };
}

/** How far the wall clock moved against the time since boot; 0 after a reboot or at the first look. */
export function jumpSince(before: ClockReading | undefined, reading: ClockReading): number {
  if (before === undefined || before.boot !== reading.boot) return 0;
  return Math.round(reading.wallMs - before.wallMs - (reading.uptimeMs - before.uptimeMs));
}

/** `undefined` when nothing is known against which the clock could be judged. */
export function judgeClock(
  spec: z.infer<typeof schema>,
  reading: ClockReading,
  jumpMs: number,
  against: Offset | undefined,
): Observation | undefined {
  const offsets = [
    ...(reading.ntpOffsetMs === undefined || reading.isSynchronized === false ? [] : [{ offsetMs: reading.ntpOffsetMs, uncertaintyMs: 0 }]),
    ...(against === undefined ? [] : [against]),
  ];
  // What the round trip may have made is not held against the clock.
  const certainMs = (one: Offset): number => Math.max(0, Math.abs(one.offsetMs) - one.uncertaintyMs);
  const worst = offsets.toSorted((left, right) => certainMs(right) - certainMs(left))[0];
  const measures = {
    jumpMs,
    ...(worst === undefined ? {} : { offsetMs: Math.round(worst.offsetMs), uncertaintyMs: Math.round(worst.uncertaintyMs) }),
  };
  const limit = formatDuration(spec.warnOffset);
  const bad = (state: "degraded" | "down", said: Observation["message"], isDefinite = false): Observation => ({
    state,
    cause: "clock-drift",
    ...(isDefinite ? { isDefinite } : {}),
    message: said,
    measures,
  });
  if (worst !== undefined && certainMs(worst) >= spec.warnOffset) {
    const said = message("clock.off", {
      offset: `${(worst.offsetMs / 1000).toFixed(1)} s`,
      uncertainty: `${(worst.uncertaintyMs / 1000).toFixed(1)} s`,
      limit,
    });
    return bad(certainMs(worst) >= spec.badOffset ? "down" : "degraded", said);
  }
  if (Math.abs(jumpMs) >= spec.warnOffset) {
    return bad(
      Math.abs(jumpMs) >= spec.badOffset ? "down" : "degraded",
      message("clock.jumped", { jump: `${(jumpMs / 1000).toFixed(1)} s`, limit }),
      true,
    );
  }
  if (reading.isSynchronized === false) return bad("degraded", message("clock.not-synchronized"));
  if (worst !== undefined) {
    return {
      state: "ok",
      message: message("clock.fine", {
        offset: `${(worst.offsetMs / 1000).toFixed(2)} s`,
        uncertainty: `${(worst.uncertaintyMs / 1000).toFixed(2)} s`,
      }),
      measures,
    };
  }
  return reading.isSynchronized === true ? { state: "ok", message: message("clock.synchronized"), measures } : undefined;
}
