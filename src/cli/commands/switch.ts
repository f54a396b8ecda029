import { userInfo } from "node:os";
import type { App } from "../../app.ts";
import { parseDuration } from "../../kernel/duration.ts";
import { message, say, type Message } from "../../kernel/message.ts";
import { listSwitches, longestSwitchMs, patternOf, switchKeys, type Switch } from "../../switches/switch.ts";
import { nearestOf, usage } from "../arguments.ts";
import { done, type Command } from "../command.ts";

export const configSet: Command = {
  words: ["KEY=VALUE"],
  options: { for: { value: "30m", what: message("option.switch-for") }, reason: { value: "TEXT", what: message("option.reason") } },
  async run({ app, words: [pair = ""], values, isDryRun }) {
    const [, key = "", value = ""] = /^([^=]+)=(true|false)$/.exec(pair) ?? [];
    if (key === "") throw usage("config:set", message("switch.pair-wrong", { pair }));
    if (patternOf(key) === undefined) {
      const nearest = nearestOf(key, Object.keys(switchKeys));
      throw usage("config:set", message("switch.unknown", { key, nearest: nearest ?? "–", known: Object.keys(switchKeys).join(", ") }));
    }
    await checkSubject(app, key);
    const durationMs = parseDuration(values.get("for") ?? "");
    if (durationMs === undefined || durationMs <= 0 || durationMs > longestSwitchMs) {
      throw usage("config:set", message("switch.duration-wrong"));
    }
    const reason = values.get("reason")?.trim() ?? "";
    if (reason === "") throw usage("config:set", message("switch.reason-missing"));
    const now = app.clock.now();
    const made: Switch = { key, value, reason, owner: ownerName(app), setAt: now, expiresAt: now + durationMs };
    if (!isDryRun) {
      const durable = await app.durable();
      if (value === "true") {
        await durable.logbook.write({ kind: "switch-set", key, value, reason, owner: made.owner, expiresAt: made.expiresAt });
      } else await durable.logbook.write({ kind: "switch-ended", key, by: made.owner });
    }
    const line = value === "true" ? message("switch.set", { key, until: timeText(made.expiresAt, app) }) : message("switch.ended", { key });
    return done({ ...describe(made), isDryRun }, [line]);
  },
};

export const configGet: Command = {
  words: ["KEY"],
  options: {},
  async run({ app, words: [key = ""] }) {
    if (patternOf(key) === undefined) {
      throw usage(
        "config:get",
        message("switch.unknown", {
          key,
          nearest: nearestOf(key, Object.keys(switchKeys)) ?? "–",
          known: Object.keys(switchKeys).join(", "),
        }),
      );
    }
    const found = (await listSwitches(await app.durable(), app.clock.now())).find((each) => each.key === key);
    return found === undefined ? done({ key, value: "false" }, ["false"]) : done(describe(found), switchLines(found, app));
  },
};

export const configList: Command = {
  words: [],
  options: {},
  async run({ app, screen }) {
    const switches = await listSwitches(await app.durable(), app.clock.now());
    const known = Object.entries(switchKeys).map(([key, what]) => `  ${key.padEnd(20)} ${say(message(what), screen.language)}`);
    const none = switches.length === 0 ? [message("switch.none")] : [];
    return done({ switches: switches.map(describe), known: Object.keys(switchKeys) }, [
      ...none,
      ...switches.flatMap((each) => switchLines(each, app)),
      "",
      ...known,
    ]);
  },
};

export function switchLines({ key, value, owner, reason, expiresAt }: Switch, app: App): Message[] {
  return [message("switch.line", { key, value, owner, reason, until: timeText(expiresAt, app) })];
}

async function checkSubject(app: App, key: string): Promise<void> {
  if (!key.startsWith("quiet.")) return;
  const name = key.slice("quiet.".length);
  const subjects = [...new Set((await app.probes()).map(({ subject }) => subject))];
  if (!subjects.includes(name)) throw usage("config:set", message("probe.not-found", { name, nearest: nearestOf(name, subjects) ?? "–" }));
}

function describe({ setAt, expiresAt, ...rest }: Switch): Record<string, unknown> {
  return { ...rest, setAt: new Date(setAt).toISOString(), expiresAt: new Date(expiresAt).toISOString() };
}

function ownerName({ env }: App): string {
  return env["SUDO_USER"] || userInfo().username;
}

function timeText(at: number, { language, timeZone }: App): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "short", timeZone }).format(at);
}
