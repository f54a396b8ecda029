import { Failure } from "../../kernel/failure.ts";
import { parseDuration } from "../../kernel/duration.ts";
import { message, say } from "../../kernel/message.ts";
import { look } from "../../responder/diagnose.ts";
import { nearestOf, usage } from "../arguments.ts";
import { done, type Command } from "../command.ts";

const betweenMs = 200;

/** The verify block of most playbooks: all checks of one part are good, proven by a fresh look. */
export const probeWait: Command = {
  words: ["SUBJECT"],
  options: {
    for: { value: "20s", what: message("option.wait-for") },
    times: { value: "N", what: message("option.times") },
    "still-bad": { what: message("option.still-bad") },
  },
  async run({ app, words: [subject = ""], values, flags, signal }) {
    const all = await app.probes();
    const probes = all.filter((probe) => probe.subject === subject || probe.id === subject);
    if (probes.length === 0) {
      throw usage(
        "probe:wait",
        message("probe.not-found", {
          name: subject,
          nearest:
            nearestOf(
              subject,
              all.map((probe) => probe.subject),
            ) ?? "–",
        }),
      );
    }
    const limitMs = parseDuration(values.get("for") ?? "20s");
    const times = Number(values.get("times") ?? 1);
    if (limitMs === undefined || !Number.isInteger(times) || times < 1) throw usage("probe:wait", message("option.wait-wrong"));
    const startedMs = app.clock.monotonicMs();
    const eyes = { clock: app.clock, memory: app.memory, openHost: app.openHost };
    for (let good = 0; ;) {
      const results = await Promise.all(probes.map((probe) => look(probe, eyes, signal)));
      // Several starts in a short time are a finding of their own; whether the part works now is another question.
      const bad = results.filter(({ state, cause }) => state !== "ok" && cause !== "service-flapping");
      good = bad.length === 0 ? good + 1 : 0;
      const durationMs = Math.round(app.clock.monotonicMs() - startedMs);
      if (good >= times && flags.has("still-bad")) {
        throw new Failure(
          "refused-unsafe",
          message("probe.good", { subject, seconds: (durationMs / 1000).toFixed(1) }),
          message("probe.nothing-to-do"),
        );
      }
      if (good >= times) {
        return done({ subject, isGood: true, durationMs }, [message("probe.good", { subject, seconds: (durationMs / 1000).toFixed(1) })]);
      }
      if (durationMs >= limitMs) {
        const [first] = bad;
        const reason = first === undefined ? message("probe.too-few") : first.message;
        if (flags.has("still-bad")) return done({ subject, isGood: false, durationMs }, [message("probe.still-bad", { subject, reason })]);
        throw new Failure(
          "service-failed",
          message("probe.still-bad", { subject, reason: say(reason, app.language) }),
          message("next.emergency"),
        );
      }
      await app.clock.sleep(betweenMs, signal);
    }
  },
};
