import type { App } from "../app.ts";
import type { Config } from "../config/schema.ts";
import { message } from "../kernel/message.ts";
import type { Probe, ProbeResult } from "../probes/probe.ts";
import { decideBlindness, hasRoute, survey } from "../responder/survey.ts";
import { writeStatus } from "../responder/status-file.ts";
import { emptyHistory, nextHistory, type DampingPolicy, type ProbeHistory } from "../triage/damping.ts";
import { decidePicture, type Picture } from "../triage/triage.ts";

/** What the daemon knows of its probes, look by look, and the picture that follows from it. */
export type Sight = {
  /** Takes one look in and returns the picture after it. */
  take(result: ProbeResult, probe: Probe): Picture;
  picture(): Picture;
  /** Looks at everything afresh: the proof after a run. */
  prove(signal: AbortSignal): Promise<Picture>;
  /** For a minute after a jump of the clock nobody is judged: ages and limits cannot be trusted. */
  clockJumped(jumpMs: number): void;
  replace(config: Config, probes: readonly Probe[]): void;
};

const jumpIsToldForMs = 60_000;
/** Older than this, a status file says that the daemon that wrote it is gone. */
const freshForMs = 15_000;

export function openSight(app: App, firstConfig: Config, firstProbes: readonly Probe[], onPicture: (picture: Picture) => void): Sight {
  let config = firstConfig;
  let probes = firstProbes;
  let histories = new Map<string, ProbeHistory>();
  let jump: { readonly seconds: number; readonly untilMs: number } | undefined;

  const publish = (seen: Picture): Picture => {
    const { name, language, timezone } = config;
    writeStatus(app.stateFolder, { name, language, timeZone: timezone, picture: seen, freshForMs });
    onPicture(seen);
    return seen;
  };
  const picture = (): Picture => {
    const results = [...histories.values()].flatMap(({ recent }) => recent.slice(-1));
    const blindness = decideBlindness(probes, results, hasRoute());
    if (jump !== undefined && app.clock.monotonicMs() < jump.untilMs) blindness.push(message("blind.clock", { seconds: jump.seconds }));
    return decidePicture(probes, histories, app.clock.now(), blindness);
  };
  return {
    picture,
    take: (result, probe) => {
      histories.set(probe.id, nextHistory(histories.get(probe.id) ?? emptyHistory, result, policyOf(probe, config)));
      return publish(picture());
    },
    prove: async (signal) => {
      const seen = await survey(app, probes, { signal });
      // A proof that is good replaces what damping still holds against a probe: it is as good as a recovery.
      for (const [id, history] of seen.histories) if (history.raised === undefined) histories.set(id, history);
      return publish(seen.picture);
    },
    clockJumped: (jumpMs) => {
      jump = { seconds: Math.round(jumpMs / 1000), untilMs: app.clock.monotonicMs() + jumpIsToldForMs };
    },
    replace: (given, replaced) => {
      config = given;
      probes = replaced;
      const kept = new Set(probes.map(({ id }) => id));
      histories = new Map([...histories].filter(([id]) => kept.has(id)));
    },
  };
}

function policyOf({ damping }: Probe, config: Config): DampingPolicy {
  return {
    failures: damping?.failures ?? config.damping.failures,
    window: damping?.of ?? config.damping.of,
    recoveries: damping?.recoveries ?? config.damping.recoveries,
  };
}
