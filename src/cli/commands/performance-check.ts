import { message, say } from "../../kernel/message.ts";
import type { Probe, ProbeResult } from "../../probes/probe.ts";
import { survey } from "../../responder/survey.ts";
import { decideExitCode } from "../../triage/triage.ts";
import { done, type Command } from "../command.ts";
import { headline, pictureDocument, pictureLines } from "../show-picture.ts";

/** What can make a chain slow; the rest (backups, certificates, cron) is left to `health:check`. */
const kinds: ReadonlySet<string> = new Set([
  "http",
  "tcp",
  "load",
  "memory",
  "disk",
  "mariadb",
  "postgres",
  "redis",
  "queue",
  "vendor",
  "service",
]);

/** Measures first, because a cleared cache makes a slow system slower. Changes nothing. */
export const performanceCheck: Command = {
  words: [],
  options: {},
  async run({ app, screen, signal }) {
    const probes = (await app.probes()).filter(({ kind }) => kinds.has(kind));
    const startedMs = app.clock.monotonicMs();
    const { picture, results } = await survey(app, probes, { signal });
    const durationMs = Math.round(app.clock.monotonicMs() - startedMs);
    const byId = new Map(probes.map((probe) => [probe.id, probe]));
    const slowest = [...results]
      .filter(({ measures }) => measures !== undefined)
      .sort((left, right) => rank(right) - rank(left) || right.durationMs - left.durationMs);
    const { language } = screen;
    return done(
      {
        ...pictureDocument(picture, language),
        measures: slowest.map((result) => ({
          id: result.probeId,
          state: result.state,
          durationMs: result.durationMs,
          measures: result.measures,
        })),
        durationMs,
      },
      [
        headline(picture, screen),
        ...pictureLines(picture, screen),
        screen.style(say(message("performance.figures"), language), "strong"),
        ...slowest.slice(0, 12).map((result) => `  ${figuresOf(result, byId.get(result.probeId))}`),
      ],
      decideExitCode(picture),
    );
  },
};

/** Bad ones first. */
function rank({ state }: ProbeResult): number {
  return { down: 3, degraded: 2, unknown: 1, ok: 0 }[state];
}

function figuresOf({ measures = {}, probeId }: ProbeResult, probe: Probe | undefined): string {
  const figures = Object.entries(measures).map(([name, value]) => `${name} ${Number.isInteger(value) ? value : value.toFixed(1)}`);
  return `${probe?.subject ?? ""} (${probeId}): ${figures.join(", ")}`;
}
