import { checkConfig } from "../../config/check.ts";
import { ConfigInvalid, printProblem } from "../../config/problem.ts";
import { formatDuration } from "../../kernel/duration.ts";
import { exitCodes } from "../../kernel/failure.ts";
import { message, say } from "../../kernel/message.ts";
import type { ConfigProblem } from "../../config/problem.ts";
import { done, type Command } from "../command.ts";

/** Every mistake at once, with its line and what to write instead; then whether what is named is really there. */
export const configCheck: Command = {
  words: [],
  options: { connect: { what: message("option.connect") }, probes: { what: message("option.list-probes") } },
  needsConfig: false,
  async run({ app, flags, screen, signal }) {
    const { language } = screen;
    const show = (problem: ConfigProblem): Record<string, unknown> => ({
      ...problem,
      what: say(problem.what, language),
      instead: say(problem.instead, language),
    });
    try {
      const loaded = await app.loaded();
      const findings = await checkConfig(loaded, { signal, canConnect: flags.has("connect") });
      const errors = findings.filter(({ level }) => level === "error").length;
      const probes = await app.probes();
      return done(
        { file: loaded.file, probes: probes.length, findings: findings.map((finding) => ({ level: finding.level, ...show(finding) })) },
        [
          ...(flags.has("probes")
            ? probes.map(
                ({ id, kind, host, everyMs, dependsOn }) =>
                  `  ${id}  ${screen.style(`${kind} · ${host} · ${formatDuration(everyMs)}${dependsOn.length === 0 ? "" : ` ← ${dependsOn.join(", ")}`}`, "dim")}`,
              )
            : []),
          ...findings.map(
            (finding) =>
              `${screen.style(finding.level === "error" ? "✗" : "!", finding.level === "error" ? "bad" : "warn")} ${printProblem(finding, language)}`,
          ),
          message("config.check-summary", { file: loaded.file, probes: probes.length, errors, warnings: findings.length - errors }),
        ],
        errors > 0 ? exitCodes.usage : exitCodes.allClear,
      );
    } catch (error) {
      if (!(error instanceof ConfigInvalid)) throw error;
      return done(
        { problems: error.problems.map(show) },
        error.problems.map((problem) => `${screen.style("✗", "bad")} ${printProblem(problem, language)}`),
        exitCodes.usage,
      );
    }
  },
};
