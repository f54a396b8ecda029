import { exitCodes } from "../kernel/failure.ts";
import { message, say, type Language, type Message } from "../kernel/message.ts";
import type { Zone } from "../probes/cause.ts";
import type { Finding } from "../triage/finding.ts";
import { decideExitCode, isBlindPicture, type Picture } from "../triage/triage.ts";
import type { Screen, Tone } from "./screen.ts";

export const zoneTones: Readonly<Record<Zone, Tone>> = { green: "good", yellow: "warn", red: "bad" };

/** The first line of everything: the colour, in words as well, because phones and logs have no colours. */
export function headline(picture: Picture, screen: Screen): string {
  const { language } = screen;
  if (picture.blindness.length > 0) {
    const reasons = picture.blindness.map((reason) => say(reason, language)).join("; ");
    return screen.style(`◌ ${say(message("zone.blind"), language)}: ${reasons}`, "bad");
  }
  if (isBlindPicture(picture)) return screen.style(`◌ ${say(message("zone.blind"), language)}`, "bad");
  if (picture.zone !== undefined) return screen.style(`● ${zoneName(picture.zone, language)}`, zoneTones[picture.zone]);
  if (picture.blindSpots.length > 0) {
    return screen.style(`◌ ${say(message("zone.partly-blind", { count: picture.blindSpots.length }), language)}`, "warn");
  }
  return screen.style(`● ${say(message("zone.clear"), language)}`, "good");
}

export function zoneName(zone: Zone, language: Language): string {
  return say(message(`zone.${zone}`), language);
}

/** Findings worst first, muted ones folded under what explains them, then what could not be seen. */
export function pictureLines(picture: Picture, screen: Screen): string[] {
  const { language } = screen;
  const rank = { red: 0, yellow: 1, green: 2 } as const;
  const heard = picture.findings.filter(({ mutedBy }) => mutedBy === undefined).sort((left, right) => rank[left.zone] - rank[right.zone]);
  return [
    ...heard.flatMap((finding) => [
      `  ${screen.style(zoneName(finding.zone, language).padEnd(4), zoneTones[finding.zone])} ${finding.subject}: ${say(finding.message, language)}`,
      ...mutedUnder(finding, picture.findings, screen),
    ]),
    ...picture.blindSpots.map((spot) => `  ${screen.style("?", "warn")} ${spot.subject}: ${say(spot.message, language)} (${spot.probeId})`),
  ];
}

function mutedUnder(finding: Finding, all: readonly Finding[], screen: Screen): string[] {
  const muted = all
    .filter(({ mutedBy, subject }) => mutedBy === finding.subject && subject !== finding.subject)
    .map(({ subject }) => subject);
  if (muted.length === 0) return [];
  return [`       ${screen.style(say(message("picture.muted", { subjects: [...new Set(muted)].join(", ") }), screen.language), "dim")}`];
}

/** What a machine reads of a finding. Messages come in the configured language; `cause` and `zone` are stable words. */
export function findingDocument(finding: Finding, language: Language): Record<string, unknown> {
  const { cause, subject, host, zone, probeIds, since, mutedBy, measures, evidence } = finding;
  return {
    zone,
    cause,
    subject,
    host,
    message: say(finding.message, language),
    since: new Date(since).toISOString(),
    probeIds,
    mutedBy,
    measures,
    evidence,
  };
}

export function pictureDocument(picture: Picture, language: Language): Record<string, unknown> {
  return {
    zone: isBlindPicture(picture) ? "blind" : (picture.zone ?? (picture.blindSpots.length > 0 ? "green" : "clear")),
    at: new Date(picture.at).toISOString(),
    findings: picture.findings.map((finding) => findingDocument(finding, language)),
    blindSpots: picture.blindSpots.map((spot) => ({ ...spot, message: say(spot.message, language) })),
    blindness: picture.blindness.map((reason) => say(reason, language)),
  };
}

/** One imperative sentence: what the person in front of this should do now. */
export function nextStepOf(picture: Picture): Message | undefined {
  const exitCode = decideExitCode(picture);
  if (exitCode === exitCodes.allClear) return undefined;
  // Nothing to fix, something to see: a secret to provide, a right to give.
  if (exitCode === exitCodes.blind || picture.zone === undefined) return message("next.blind");
  return message("next.emergency");
}

/** `2:05` of minutes and seconds. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
