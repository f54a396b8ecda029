import type { App } from "../../app.ts";
import type { GatewaySettings } from "../../config/gateway-schema.ts";
import { promiseNow } from "../../gateway/callbacks/open-callback-desk.ts";
import { readReach, type NumberReach } from "../../gateway/callbacks/number-reach.ts";
import { readWaiting } from "../../gateway/callbacks/callback-rows.ts";
import type { Waiting } from "../../gateway/callbacks/promise.ts";
import { spokenPromise } from "../../gateway/callbacks/spoken-time.ts";
import { publicAddress } from "../../gateway/accept/verify-request.ts";
import { toDirectory, type Directory, type KnownNumber } from "../../gateway/companies/directory.ts";
import { readDirectoryContent } from "../../gateway/companies/read-directory.ts";
import { asEveryCompany } from "../../gateway/companies/tenant.ts";
import { Failure } from "../../kernel/failure.ts";
import { parseDuration } from "../../kernel/duration.ts";
import { message, say, verbatim, type Message } from "../../kernel/message.ts";
import { listSwitches, longestSwitchMs, type Switch } from "../../switches/switch.ts";
import { usage } from "../arguments.ts";
import { done, type Call, type Command } from "../command.ts";
import { minuteText } from "../moment-text.ts";
import { gatewaySettings } from "./gateway.ts";
import { configSet } from "./switch.ts";

const key = "retell.queue_mode";
const defaultDuration = "2h";

/**
 * Calls no longer go to Retell: callers are promised a callback. Says for each number whether its calls come to us at all,
 * because where they do not, this switch changes nothing.
 */
export const retellQueueMode: Command = {
  words: [],
  options: {
    for: { value: defaultDuration, what: message("option.queue-mode-for") },
    reason: { value: "TEXT", what: message("option.reason") },
    off: { what: message("option.queue-mode-off") },
  },
  details: message("queue-mode.details"),
  async run(call) {
    const settings = gatewaySettings(await call.app.loaded());
    return call.flags.has("off") ? await end(call, settings) : await begin(call, settings);
  },
};

async function begin(call: Call, settings: GatewaySettings): ReturnType<Command["run"]> {
  const { app, values, isDryRun, signal } = call;
  const wanted = values.get("for") ?? defaultDuration;
  const durationMs = parseDuration(wanted);
  if (durationMs === undefined || durationMs <= 0 || durationMs > longestSwitchMs) {
    throw usage("retell:enable-queue-mode", message("switch.duration-wrong"));
  }
  if ((values.get("reason") ?? "").trim() === "") throw usage("retell:enable-queue-mode", message("switch.reason-missing"));
  await configSet.run({ ...call, words: [`${key}=true`], values: new Map([...values, ["for", wanted]]) });
  const set = isDryRun ? undefined : await readBack(app, true);
  const until = minuteText(set?.expiresAt ?? app.clock.now() + durationMs, app);
  const facts = await readFacts(app, settings);
  const reaches = await readReach(facts.numbers, settings, signal);
  const unreached = reaches.filter(({ reach }) => !reach.kind.startsWith("reaches"));
  return done(
    {
      isOn: set !== undefined,
      isDryRun,
      until: set === undefined ? undefined : new Date(set.expiresAt).toISOString(),
      waiting: facts.waiting?.length,
      promises: facts.promises.map(({ companyId, promisedBy }) => ({ companyId, promisedBy: new Date(promisedBy).toISOString() })),
      numbers: reaches.map(({ number, reach }) => ({ number: number.number, companyId: number.companyId, ...describeReach(reach) })),
    },
    [
      set === undefined ? message("queue-mode.would-be-on", { until }) : message("queue-mode.on", { until }),
      waitingLine(facts.waiting),
      ...facts.promises.map(({ line }) => line),
      ...(reaches.length === 0 ? [message("queue-mode.no-numbers")] : []),
      ...reaches.map(({ number, reach }) => reachLine(number, reach, settings)),
      ...(unreached.length === 0 ? [] : [message("queue-mode.unreached", { count: unreached.length, total: reaches.length })]),
      message("queue-mode.ends"),
    ],
  );
}

async function end(call: Call, settings: GatewaySettings): ReturnType<Command["run"]> {
  const { app, isDryRun } = call;
  const before = await findSwitch(app);
  const { waiting } = await readFacts(app, settings);
  const count = waiting?.length ?? "?";
  const document = { isOn: false, wasOn: before !== undefined, isDryRun, waiting: waiting?.length };
  if (before === undefined) return done(document, [message("queue-mode.was-off"), waitingLine(waiting)]);
  if (isDryRun) return done({ ...document, isOn: true }, [message("queue-mode.would-be-off", { waiting: count })]);
  await configSet.run({ ...call, words: [`${key}=false`] });
  await readBack(app, false);
  return done(document, [message("queue-mode.off", { waiting: count, perHour: settings.callbacks.perHour })]);
}

/** @throws {Failure} service-failed when it does not stand as it was written */
async function readBack(app: App, isWanted: boolean): Promise<Switch | undefined> {
  const found = await findSwitch(app);
  if ((found !== undefined) === isWanted) return found;
  throw new Failure("service-failed", message("queue-mode.not-read-back", { key }), message("queue-mode.not-read-back-next"));
}

async function findSwitch(app: App): Promise<Switch | undefined> {
  return (await listSwitches(await app.durable(), app.clock.now())).find((each) => each.key === key);
}

type Facts = {
  /** Absent when there is no store to look into. */
  readonly waiting: readonly Waiting[] | undefined;
  readonly numbers: readonly KnownNumber[];
  readonly promises: readonly { readonly companyId: string; readonly promisedBy: number; readonly line: Message }[];
};

async function readFacts(app: App, settings: GatewaySettings): Promise<Facts> {
  const { store } = await app.durable();
  if (store === undefined) return { waiting: undefined, numbers: [], promises: [] };
  const now = app.clock.now();
  const waiting = await readWaiting(store.pool);
  const directory: Directory = toDirectory(await asEveryCompany(store.pool, (client) => readDirectoryContent(client, now)));
  const { clock, timeZone, language } = app;
  const promises = directory
    .companies()
    .filter(({ isActive }) => isActive)
    .map(({ companyId, name, branches, timeZone: zone }) => {
      const ground = { clock, settings, directory, timeZone };
      const promised = promiseNow(ground, { waiting: () => waiting }, companyId, branches[0]?.branchId, "normal");
      const when = spokenPromise(promised, now, zone, language);
      return { companyId, promisedBy: promised.promisedBy, line: message("queue-mode.promise-now", { company: verbatim(name), when }) };
    });
  return { waiting, numbers: directory.numbers().filter(({ isActive }) => isActive), promises };
}

function waitingLine(waiting: Facts["waiting"]): Message {
  return waiting === undefined ? message("queue-mode.waiting-unknown") : message("queue-mode.waiting", { waiting: waiting.length });
}

function describeReach(reach: NumberReach): Record<string, string> {
  return reach.kind === "unknown" ? { reach: reach.kind, reason: say(reach.reason, "en") } : { ...reach, reach: reach.kind };
}

function reachLine({ number, companyId: company }: KnownNumber, reach: NumberReach, { publicUrl }: GatewaySettings): Message {
  switch (reach.kind) {
    case "reaches":
      return message("queue-mode.number-reaches", { number, company });
    case "reaches-without-fallback":
      return message("queue-mode.number-no-fallback", { number, company });
    case "elsewhere":
      return message("queue-mode.number-elsewhere", {
        number,
        company,
        target: reach.target,
        ours: publicAddress(publicUrl, "/twilio/voice"),
      });
    case "owned":
      return message("queue-mode.number-owned", { number, company, owner: reach.owner });
    case "not-ours":
      return message("queue-mode.number-not-ours", { number, company });
    case "unknown":
      return message("queue-mode.number-unknown", { number, company, reason: reach.reason });
  }
}
