import { message, say } from "../../kernel/message.ts";
import { readStatus } from "../../responder/status-file.ts";
import { survey } from "../../responder/survey.ts";
import { activeSwitches } from "../../switches/active-switches.ts";
import { decideExitCode, type Picture } from "../../triage/triage.ts";
import { done, type Command } from "../command.ts";
import { headline, nextStepOf, pictureDocument, pictureLines } from "../show-picture.ts";

const everyMs = 1000;
const daemonFreshMs = 10_000;

/** The traffic light live: what a running daemon sees, else looks of our own. Changes nothing. */
export const watch: Command = {
  words: [],
  options: {},
  async run({ app, screen, signal }) {
    const probes = await app.probes();
    const stamp = new Intl.DateTimeFormat(screen.language, { timeStyle: "medium", timeZone: app.timeZone });
    let last: Picture | undefined;
    while (!signal.aborted) {
      const known = readStatus(app.stateFolder);
      const isFresh = known !== undefined && Math.abs(app.clock.now() - known.picture.at) < daemonFreshMs;
      const seen = isFresh ? known.picture : (await survey(app, probes, { signal })).picture;
      const nextStep = nextStepOf(seen);
      const lines = [
        `${headline(seen, screen)}  ${screen.style(stamp.format(seen.at), "dim")}`,
        ...pictureLines(seen, screen),
        ...activeSwitches(app.stateFolder, app.clock.now()).lines.map((line) => say(line, screen.language)),
        ...(nextStep === undefined ? [] : [`→ ${say(nextStep, screen.language)}`]),
        screen.style(say(isFresh ? message("watch.by-daemon") : message("watch.by-self"), screen.language), "dim"),
      ];
      screen.draw(lines);
      // Piped: a line for each change instead of a picture that is redrawn.
      if (!screen.isInteractive && seen.zone !== last?.zone) for (const line of lines) screen.tell(line);
      last = seen;
      await app.clock.sleep(everyMs, signal).catch(() => {});
    }
    return done(last === undefined ? {} : pictureDocument(last, screen.language), [], last === undefined ? 13 : decideExitCode(last));
  },
};
