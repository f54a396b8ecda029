import type { App } from "../app.ts";
import type { Config } from "../config/schema.ts";
import { minutes } from "../kernel/clock.ts";
import { message, verbatim, type Message } from "../kernel/message.ts";
import { holdResponderLock } from "../kernel/responder-lock.ts";
import type { Probe } from "../probes/probe.ts";
import { fittingPlaybooks, ordersOf, refusing } from "../responder/main-job.ts";
import { respond } from "../responder/respond.ts";
import { seesStill } from "../responder/survey.ts";
import { findingKey } from "../triage/finding.ts";
import type { Picture } from "../triage/triage.ts";
import type { Sight } from "./sight.ts";

/** Acts on pictures: one response at a time, each finding once until it is gone or a while has passed. */
export type Reaction = {
  consider(picture: Picture): void;
  /** Resolves when nothing is being done any more. */
  settled(): Promise<void>;
};

/** What was left alone (a limit, a switch) is considered again after this: limits free up and switches end. */
const considerAgainMs = minutes(5);

export type ReactionGround = {
  readonly sight: Sight;
  readonly signal: AbortSignal;
  config(): Config;
  probes(): readonly Probe[];
  onEvent(what: Message): void;
};

export function openReaction(app: App, ground: ReactionGround): Reaction {
  const { sight, signal, onEvent } = ground;
  /** Finding → when it was taken on, monotonic ms. */
  const taken = new Map<string, number>();
  let isWanted = false;
  let working: Promise<void> | undefined;

  const work = async (): Promise<void> => {
    while (isWanted && !signal.aborted) {
      isWanted = false;
      await respondOnce().catch((error: unknown) => onEvent(message("daemon.response-broken", { reason: verbatim(String(error)) })));
    }
    working = undefined;
  };
  const respondOnce = async (): Promise<void> => {
    const lock = await holdResponderLock(app.lockFolder);
    if (lock === undefined) return; // a person is at work on it; the next look asks again
    try {
      const picture = sight.picture();
      for (const finding of picture.findings) taken.set(findingKey(finding), app.clock.monotonicMs());
      const playbooks = await fittingPlaybooks(app, ground.config());
      const { leftAlone } = await respond(picture, {
        durable: await app.acting(),
        playbooks,
        probes: ground.probes(),
        refusalsOf: refusing(app, ground.config(), playbooks),
        orders: ordersOf(ground.config(), true, "daemon"),
        look: () => sight.prove(signal),
        isFresh: false,
        isStillThere: (finding) => seesStill(app, ground.probes(), finding, signal),
        now: () => app.clock.now(),
        onProgress: onEvent,
        // The schedule goes on watching; a service that dies again is a new finding.
        settleMs: 0,
        sleep: async () => {},
        signal,
      });
      for (const { finding, reason } of leftAlone) onEvent(message("daemon.left-alone", { subject: finding.subject, reason }));
    } finally {
      await lock.release();
    }
  };
  return {
    consider: (picture) => {
      const present = new Set(picture.findings.map(findingKey));
      for (const key of taken.keys()) if (!present.has(key)) taken.delete(key);
      if (picture.blindness.length > 0) return;
      const nowMs = app.clock.monotonicMs();
      const isDue = (key: string): boolean => nowMs - (taken.get(key) ?? Number.NEGATIVE_INFINITY) > considerAgainMs;
      if (!picture.findings.some((finding) => finding.mutedBy === undefined && isDue(findingKey(finding)))) return;
      isWanted = true;
      working ??= work();
    },
    settled: async () => await working,
  };
}
