import type { App } from "../../app.ts";
import { asEveryCompany } from "../../gateway/companies/tenant.ts";
import { exitCodes } from "../../kernel/failure.ts";
import { parseDuration } from "../../kernel/duration.ts";
import { message, say, type Message } from "../../kernel/message.ts";
import type { Happening } from "../../logbook/entry.ts";
import { keepSwitches, readKeptSwitches } from "../../switches/switch-file.ts";
import { listSwitches, longestSwitchMs, normalValue, patternOf, replaySwitches, switchKeys, type Switch } from "../../switches/switch.ts";
import { nearestOf, usage } from "../arguments.ts";
import { done, type Command } from "../command.ts";
import { minuteText } from "../moment-text.ts";
import { operatorName } from "../operator.ts";

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
    const normal = normalValue(key);
    const owner = operatorName(app);
    if (value === normal) {
      if (!isDryRun) await write(app, { kind: "switch-ended", key, by: owner });
      const line = normal === "true" ? message("switch.normal", { key, value }) : message("switch.ended", { key });
      return done({ key, value, owner, isDryRun }, [line]);
    }
    const durationMs = parseDuration(values.get("for") ?? "");
    if (durationMs === undefined || durationMs <= 0 || durationMs > longestSwitchMs) {
      throw usage("config:set", message("switch.duration-wrong"));
    }
    const reason = values.get("reason")?.trim() ?? "";
    if (reason === "") throw usage("config:set", message("switch.reason-missing"));
    const now = app.clock.now();
    const made: Switch = { key, value, reason, owner, setAt: now, expiresAt: now + durationMs };
    if (!isDryRun) await write(app, { kind: "switch-set", key, value, reason, owner, expiresAt: made.expiresAt });
    const until = minuteText(made.expiresAt, app);
    const line = normal === "true" ? message("switch.set-to", { key, value, until, normal }) : message("switch.set", { key, until });
    return done({ ...describe(made), isDryRun }, [line]);
  },
};

/** Writes it down, and beside the store as well: `ampel status`, and a gateway that starts without the store, read it there. */
async function write(app: App, happening: Extract<Happening, { kind: "switch-set" | "switch-ended" }>): Promise<void> {
  const durable = await app.durable();
  await durable.logbook.write(happening);
  const now = app.clock.now();
  if (durable.store !== undefined) {
    keepSwitches(app.stateFolder, { asOf: now, switches: await listSwitches(durable, now) });
    return;
  }
  const { asOf, switches } = readKeptSwitches(app.stateFolder, now);
  const since = durable.entries().filter(({ at }) => at > asOf);
  keepSwitches(app.stateFolder, { asOf, switches: replaySwitches(switches, since, now) });
}

export const configGet: Command = {
  words: ["KEY"],
  options: { expect: { value: "VALUE", what: message("option.switch-expect") } },
  async run({ app, words: [key = ""], values }) {
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
    const value = found?.value ?? normalValue(key);
    const exitCode = (values.get("expect") ?? value) === value ? exitCodes.allClear : exitCodes.refused;
    return found === undefined ? done({ key, value }, [value], exitCode) : done(describe(found), switchLines(found, app), exitCode);
  },
};

export const configList: Command = {
  words: [],
  options: {},
  async run({ app, screen }) {
    const switches = await listSwitches(await app.durable(), app.clock.now());
    const known = Object.entries(switchKeys).map(([key, { what }]) => `  ${key.padEnd(28)} ${say(message(what), screen.language)}`);
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
  return [message("switch.line", { key, value, owner, reason, until: minuteText(expiresAt, app) })];
}

async function checkSubject(app: App, key: string): Promise<void> {
  const pattern = patternOf(key);
  if (pattern === undefined || !pattern.endsWith("*")) return;
  const name = key.slice(pattern.length - 1);
  if (pattern !== "quiet.*") return await checkCompany(app, name);
  const subjects = [...new Set((await app.probes()).map(({ subject }) => subject))];
  if (!subjects.includes(name)) throw usage("config:set", message("probe.not-found", { name, nearest: nearestOf(name, subjects) ?? "–" }));
}

/** Without a store nobody can say which companies there are, and the switch must be settable all the same. */
async function checkCompany(app: App, company: string): Promise<void> {
  const { store } = await app.durable();
  if (store === undefined) return;
  const { rows } = await asEveryCompany(store.pool, (client) =>
    client.query<{ company_id: string }>("select company_id from gateway.company"),
  );
  const known = rows.map((row) => row.company_id);
  if (known.includes(company)) return;
  throw usage("config:set", message("switch.company-unknown", { company, nearest: nearestOf(company, known) ?? "–" }));
}

function describe({ setAt, expiresAt, ...rest }: Switch): Record<string, unknown> {
  return { ...rest, setAt: new Date(setAt).toISOString(), expiresAt: new Date(expiresAt).toISOString() };
}
