import { exitCodes } from "../kernel/failure.ts";
import type { Message } from "../kernel/message.ts";
import { causes, type Cause, type Zone } from "../probes/cause.ts";
import type { Probe, ProbeResult } from "../probes/probe.ts";
import { isBlind, type ProbeHistory } from "./damping.ts";
import { findingKey, worstZone, type BlindSpot, type Finding } from "./finding.ts";

/** The traffic light: what is wrong, what could not be seen, and the colour of it all. */
export type Picture = {
  readonly at: number;
  /** Worst zone of the findings that are not muted; `undefined` = no finding. */
  readonly zone: Zone | undefined;
  readonly findings: readonly Finding[];
  readonly blindSpots: readonly BlindSpot[];
  /** Probes whose last look could see. */
  readonly sightedCount: number;
  /** Why the responder itself cannot be trusted to see; while there is a reason it judges nobody. */
  readonly blindness: readonly Message[];
};

/** Turns what is known of every probe into one picture. Pure. */
export function decidePicture(
  probes: readonly Probe[],
  histories: ReadonlyMap<string, ProbeHistory>,
  at: number,
  blindness: readonly Message[] = [],
): Picture {
  const findings = new Map<string, Finding>();
  const blindSpots: BlindSpot[] = [];
  let sightedCount = 0;
  for (const probe of probes) {
    const history = histories.get(probe.id);
    const last = history?.recent.at(-1);
    if (history === undefined || last === undefined) continue;
    if (isBlind(history)) blindSpots.push({ probeId: probe.id, subject: probe.subject, message: last.message });
    else sightedCount += 1;
    if (history.raised === undefined) continue;
    const finding = describeFinding(probe, history.raised, history.since ?? last.at);
    const known = findings.get(findingKey(finding));
    findings.set(findingKey(finding), known === undefined ? finding : merge(known, finding));
  }
  const judged = blindness.length > 0 ? [] : muteDependents([...findings.values()], probes);
  const heard = judged.filter(({ mutedBy }) => mutedBy === undefined);
  return { at, zone: worstZone(heard.map(({ zone }) => zone)), findings: judged, blindSpots, sightedCount, blindness };
}

function describeFinding(probe: Probe, result: ProbeResult, since: number): Finding {
  const cause = result.cause ?? "unreachable";
  const zone = probe.zone ?? causes[cause];
  return {
    cause,
    subject: probe.subject,
    host: probe.host,
    zone: result.state === "degraded" ? milder(zone) : zone,
    message: result.message,
    probeIds: [probe.id],
    since,
    ...(result.evidence === undefined ? {} : { evidence: result.evidence }),
    ...(result.measures === undefined ? {} : { measures: result.measures }),
  };
}

/** Degraded = it still works: one colour below what its loss would be. */
function milder(zone: Zone): Zone {
  return zone === "red" ? "yellow" : "green";
}

function merge(known: Finding, other: Finding): Finding {
  const worse = worstZone([known.zone, other.zone]) === other.zone && known.zone !== other.zone ? other : known;
  return { ...worse, probeIds: [...known.probeIds, ...other.probeIds], since: Math.min(known.since, other.since) };
}

/** Only what is gone explains others: neither a slow database nor a full disk excuses a dead worker. */
const losses: ReadonlySet<Cause> = new Set<Cause>(["host-unreachable", "service-down", "database-down", "unreachable"]);

/** What a service that is down looks like from outside: the same finding seen twice, to be treated once. */
const symptoms: ReadonlySet<Cause> = new Set<Cause>([
  "unreachable",
  "http-error",
  "slow-response",
  "database-down",
  "heartbeat-missing",
  "job-failed",
]);

/** A dead database explains the dead application that stands on it: only the deepest cause is heard. */
function muteDependents(findings: readonly Finding[], probes: readonly Probe[]): Finding[] {
  const dependsOn = new Map<string, Set<string>>();
  for (const probe of probes) {
    const known = dependsOn.get(probe.subject) ?? new Set();
    for (const each of probe.dependsOn) known.add(each);
    dependsOn.set(probe.subject, known);
  }
  const lost = new Set(findings.filter(({ zone, cause }) => zone === "red" && losses.has(cause)).map(({ subject }) => subject));
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    [...(dependsOn.get(from) ?? [])].some((below) => below === to || (!seen.has(below) && reaches(below, to, seen.add(below))));
  const explain = (subject: string, seen: ReadonlySet<string>): string | undefined => {
    for (const below of dependsOn.get(subject) ?? []) {
      // Two that stand on each other explain nothing: both are heard.
      if (seen.has(below) || reaches(below, subject)) continue;
      const deeper = explain(below, new Set([...seen, below]));
      if (deeper !== undefined) return deeper;
      if (lost.has(below)) return below;
    }
    return undefined;
  };
  const stopped = new Set(findings.filter(({ cause }) => cause === "service-down").map(({ subject }) => subject));
  return findings.map((finding) => {
    const isSymptom = symptoms.has(finding.cause) && stopped.has(finding.subject);
    const mutedBy = explain(finding.subject, new Set([finding.subject])) ?? (isSymptom ? finding.subject : undefined);
    return mutedBy === undefined ? finding : { ...finding, mutedBy };
  });
}

/** True when nothing at all can be judged: the responder lost its own sight, or no probe could look. */
export function isBlindPicture({ blindness, blindSpots, sightedCount }: Picture): boolean {
  return blindness.length > 0 || (blindSpots.length > 0 && sightedCount === 0);
}

/** Same rule for every surface: what remains decides. A single check that cannot see is no outage, and yet never "all clear". */
export function decideExitCode(picture: Picture): number {
  if (isBlindPicture(picture)) return exitCodes.blind;
  if (picture.zone !== undefined) return exitCodes[picture.zone];
  return picture.blindSpots.length > 0 ? exitCodes.green : exitCodes.allClear;
}
