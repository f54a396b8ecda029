import { z } from "zod";
import { durationSchema } from "../kernel/duration.ts";
import { decideHeartbeat, type Ping } from "./heartbeat-decision.ts";
import { defineProbe, type ProbeMemory } from "./probe.ts";

const schema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[\w.-]+$/)
      .describe("What the job calls itself when it reports"),
    every: durationSchema.describe("How often the job reports"),
    grace: durationSchema.default(60_000).describe("How late it may be"),
  })
  .describe("A job that reports to Ampel by itself: silence is a finding");

/** Since when we listen without a gap, and when we last looked; epoch ms UTC. */
type Watch = { readonly since: number; readonly lastLookAt: number };

const pingKey = (name: string): string => `last-ping:${name}`;
const watchKey = (name: string): string => `watched:${name}`;

/** Keeps a job's report; its probe judges it at the next look. An exit code other than 0 is a report of failure. */
export function recordPing(memory: ProbeMemory, name: string, at: number, outcome: { readonly exitCode?: number } = {}): void {
  const ping: Ping = outcome.exitCode === undefined ? { at } : { at, exitCode: outcome.exitCode };
  memory.set(pingKey(name), ping);
}

/** Did a job that reports to us report in time, and well? Measures `pingAgeMs`. */
export const heartbeatProbe = defineProbe({
  kind: "heartbeat",
  schema,
  async look({ name, every: everyMs, grace: graceMs }, { memory, clock }) {
    const now = clock.now();
    const watch = memory.get<Watch>(watchKey(name));
    // After a pause long enough to have missed a report, listening starts anew; so it does when the clock went back.
    const isGap = watch === undefined || now - watch.lastLookAt > everyMs + graceMs || now < watch.since;
    const since = isGap ? now : watch.since;
    memory.set(watchKey(name), { since, lastLookAt: now } satisfies Watch);
    return decideHeartbeat(memory.get<Ping>(pingKey(name)), now, { name, everyMs, graceMs }, since);
  },
});
