import { existsSync } from "node:fs";
import type { App } from "../../app.ts";
import type { Config } from "../../config/schema.ts";
import { exitCodes } from "../../kernel/failure.ts";
import { message, say } from "../../kernel/message.ts";
import { readStatus, type StatusFile } from "../../responder/status-file.ts";
import type { activeSwitches } from "../../switches/active-switches.ts";
import { switchFilePath } from "../../switches/switch-file-path.ts";
import { decideExitCode, type Picture } from "../../triage/triage.ts";
import { done, type Command } from "../command.ts";
import { clockText, headline, nextStepOf, pictureDocument, pictureLines } from "../show-picture.ts";

/** A picture older than this is history, not a status. A running daemon renews it every few seconds. */
const freshForMs = 60_000;

export const status: Command = {
  words: [],
  options: {},
  needsConfig: false,
  async run({ app, screen }) {
    const known = readStatus(app.stateFolder);
    const { language } = screen;
    if (known === undefined) {
      return done(
        { zone: "blind", reason: "never-looked" },
        [screen.style(`◌ ${say(message("zone.blind"), language)}`, "warn"), message("status.never")],
        exitCodes.blind,
      );
    }
    const ageMs = app.clock.now() - known.picture.at;
    const isOld = ageMs > known.freshForMs || ageMs < -known.freshForMs;
    const exitCode = isOld ? exitCodes.blind : decideExitCode(known.picture);
    const nextStep = isOld ? message("status.old-next") : nextStepOf(known.picture);
    const { incident } = known;
    const { switches, lines: switchLines } = await readSwitches(app);
    return done(
      {
        name: known.name,
        ...pictureDocument(known.picture, language),
        isOld,
        ageMs,
        ...(isOld ? { zone: "blind", lastZone: known.picture.zone ?? "clear" } : {}),
        incident,
        switches,
      },
      [
        ...(isOld ? [screen.style(`◌ ${say(message("status.old", { age: clockText(ageMs) }), language)}`, "warn")] : []),
        `${isOld ? screen.style(say(message("status.was"), language), "dim") + " " : ""}${headline(known.picture, screen)}  ${known.name}`,
        ...(incident === undefined
          ? []
          : [
              message("status.incident", {
                id: incident.id,
                age: clockText(app.clock.now() - incident.openedAt),
                budget: clockText(incident.budgetMs),
              }),
            ]),
        ...pictureLines(known.picture, screen),
        ...switchLines,
        ...(nextStep === undefined ? [] : [`→ ${say(nextStep, language)}`]),
      ],
      exitCode,
    );
  },
};

/** Most of the time none was ever set: then nothing more is loaded, and the traffic light is there at once. */
async function readSwitches(app: App): Promise<ReturnType<typeof activeSwitches>> {
  if (!existsSync(switchFilePath(app.stateFolder))) return { switches: [], lines: [] };
  const { activeSwitches } = await import("../../switches/active-switches.ts");
  return activeSwitches(app.stateFolder, app.clock.now());
}

export function statusOf(config: Config, picture: Picture, incident?: StatusFile["incident"]): StatusFile {
  return {
    name: config.name,
    language: config.language,
    timeZone: config.timezone,
    picture,
    freshForMs,
    ...(incident === undefined ? {} : { incident }),
  };
}
