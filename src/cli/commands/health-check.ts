import { message, say } from "../../kernel/message.ts";
import { survey } from "../../responder/survey.ts";
import { writeStatus } from "../../responder/status-file.ts";
import { decideExitCode } from "../../triage/triage.ts";
import { nearestOf, usage } from "../arguments.ts";
import { done, type Command } from "../command.ts";
import { headline, nextStepOf, pictureDocument, pictureLines } from "../show-picture.ts";
import { statusOf } from "./status.ts";

export const healthCheck: Command = {
  words: [],
  options: { probe: { value: "ID", what: message("option.probe") }, all: { what: message("option.all-results") } },
  async run({ app, values, flags, screen, signal }) {
    const { config } = await app.loaded();
    const all = await app.probes();
    const wanted = values.get("probe");
    const probes = wanted === undefined ? all : all.filter(({ id, subject }) => id === wanted || subject === wanted);
    if (probes.length === 0) {
      throw usage(
        "health:check",
        message("probe.not-found", {
          name: wanted ?? "",
          nearest:
            nearestOf(
              wanted ?? "",
              all.map(({ id }) => id),
            ) ?? "–",
        }),
      );
    }
    const startedMs = app.clock.monotonicMs();
    const { picture, results } = await survey(app, probes, {
      signal,
      onResult: (_, finished, count) => screen.draw([message("survey.progress", { done: finished, count })]),
    });
    screen.draw([]);
    const durationMs = Math.round(app.clock.monotonicMs() - startedMs);
    if (wanted === undefined) writeStatus(app.stateFolder, statusOf(config, picture));
    const exitCode = decideExitCode(picture);
    const { language } = screen;
    const document = {
      ...pictureDocument(picture, language),
      probes: results.map(({ probeId, state, message: what, durationMs: tookMs, measures }) => ({
        id: probeId,
        state,
        message: say(what, language),
        durationMs: tookMs,
        measures,
      })),
      durationMs,
    };
    const every = flags.has("all")
      ? results.map(({ probeId, state, message: what }) => `  ${state.padEnd(8)} ${probeId}: ${say(what, language)}`)
      : [];
    const nextStep = nextStepOf(picture);
    return done(
      document,
      [
        headline(picture, screen),
        ...pictureLines(picture, screen),
        ...every,
        message("survey.summary", { count: probes.length, seconds: (durationMs / 1000).toFixed(1) }),
        ...(nextStep === undefined ? [] : [`→ ${say(nextStep, language)}`]),
      ],
      exitCode,
    );
  },
};
