import type pg from "pg";
import type { App } from "../../app.ts";
import type { GatewaySettings } from "../../config/gateway-schema.ts";
import { applyEvents, addBreakers, readBreakers, type StoredBreaker } from "../../gateway/breakers/breaker-rows.ts";
import { defaultBreakerPolicy, nextBreaker, stateOf, type BreakerEvent, type Forced } from "../../gateway/breakers/breaker.ts";
import type { BreakerState } from "../../gateway/breakers/breakers.ts";
import { lookAtVendor, type CanaryReport } from "../../gateway/breakers/canary.ts";
import { liftBlock } from "../../gateway/vendors/egress-rows.ts";
import { vendorAccess } from "../../gateway/vendors/vendor-access.ts";
import { vendors, type Vendor } from "../../gateway/vendors/vendor.ts";
import { parseDuration } from "../../kernel/duration.ts";
import { exitCodes, Failure } from "../../kernel/failure.ts";
import { message, say, verbatim, type Message } from "../../kernel/message.ts";
import { longestSwitchMs } from "../../switches/switch.ts";
import { usage } from "../arguments.ts";
import { done, type Call, type Command } from "../command.ts";
import type { Line } from "../line.ts";
import { momentText } from "../moment-text.ts";
import { operatorName } from "../operator.ts";
import { describeBreaker, describeForced, detailsOf, egressLines, readFigures, stateText } from "../show-breakers.ts";

const states = ["closed", "open", "half-open", "isolated"] as const satisfies readonly BreakerState[];
const defaultForcedMs = 300_000;

export const circuitBreakerStatus: Command = {
  words: ["[VENDOR]"],
  options: { expect: { value: "STATE", what: message("option.breaker-expect") } },
  async run({ app, words: [word], values, screen }) {
    const wanted = word === undefined ? vendors : [vendorOf(word, "circuit-breaker:status")];
    const expected = values.get("expect");
    if (expected !== undefined && !states.some((state) => state === expected)) {
      throw usage("circuit-breaker:status", message("breaker.unknown-state", { state: expected, known: states.join(", ") }));
    }
    const pool = await poolOf(app);
    await addBreakers(pool, vendors);
    const stored = (await readBreakers(pool)).filter(({ vendor }) => wanted.includes(vendor));
    const egress = await readFigures(pool);
    const documents = stored.map((each) => ({
      ...describeBreaker(each),
      egress: egress.filter((figure) => isOf(figure.bucket, each.vendor)),
    }));
    const lines = stored.flatMap((each) => [
      message("breaker.line", {
        vendor: each.vendor,
        state: stateText(stateOf(each.breaker, each.at)),
        since: momentText(each.breaker.phase.since, app),
      }),
      ...detailsOf(each, app).map((detail) => `  ${say(detail, screen.language)}`),
      ...egress
        .filter(({ bucket }) => isOf(bucket, each.vendor))
        .flatMap((figure) => egressLines(figure, app).map((line) => `  ${say(line, screen.language)}`)),
    ]);
    const isAsExpected = expected === undefined || documents.every(({ state }) => state === expected);
    return done({ breakers: documents }, lines, isAsExpected ? exitCodes.allClear : exitCodes.refused);
  },
};

/** A cheap call decides; without its success nothing is closed, force or not. */
export const circuitBreakerReset: Command = {
  words: ["VENDOR"],
  options: {
    force: { what: message("option.breaker-force") },
    reason: { value: "TEXT", what: message("option.reason") },
    for: { value: "5m", what: message("option.breaker-for") },
  },
  async run(call) {
    const { app, words, flags, screen, signal } = call;
    const name = "circuit-breaker:reset";
    const vendor = vendorOf(words[0] ?? "", name);
    const isForced = flags.has("force");
    const forced = isForced ? forcedOf(call, name, defaultForcedMs) : undefined;
    const access = vendorAccess(await settingsOf(app), vendor);
    if (access === undefined) throw new Failure("config-invalid", message("breaker.no-key", { vendor }), message("breaker.no-key-next"));
    const pool = await poolOf(app);
    refuseIsolated(await readOne(pool, vendor), app);
    const canary = await lookAtVendor(vendor, access, app.clock, signal);
    const event = afterCanary(canary, forced, operatorName(app));
    const change = await carryOut(pool, vendor, event, call);
    if (canary.isWell && !call.isDryRun) await liftBlock(pool, vendor);
    const lines: Line[] = [canaryLine(canary), ...changeLines(change, vendor, call)];
    if (event.kind === "force-trial" && change.to === "half-open") {
      lines.push(message("breaker.forced-trial", { vendor, until: momentText(event.forced.until, app) }));
    }
    if (event.kind === "refuted") lines.push(`→ ${say(message("breaker.reset-force-next"), screen.language)}`);
    const document = { ...change, canary, isDryRun: call.isDryRun };
    return done(document, lines, canary.isWell || isForced ? exitCodes.allClear : exitCodes.refused);
  },
};

export const circuitBreakerIsolate: Command = {
  words: ["VENDOR"],
  options: { for: { value: "30m", what: message("option.breaker-for") }, reason: { value: "TEXT", what: message("option.reason") } },
  async run(call) {
    const name = "circuit-breaker:isolate";
    const vendor = vendorOf(call.words[0] ?? "", name);
    const event: BreakerEvent = { kind: "isolate", forced: forcedOf(call, name) };
    const change = await carryOut(await poolOf(call.app), vendor, event, call);
    const { by, until, reason } = event.forced;
    const detail = message("breaker.forced-detail", { by, until: momentText(until, call.app), reason });
    return done({ ...change, forced: describeForced(event.forced), isDryRun: call.isDryRun }, [
      ...changeLines(change, vendor, call),
      detail,
    ]);
  },
};

export const circuitBreakerRelease: Command = {
  words: ["VENDOR"],
  options: { reason: { value: "TEXT", what: message("option.reason") } },
  async run(call) {
    const name = "circuit-breaker:release";
    const vendor = vendorOf(call.words[0] ?? "", name);
    const event: BreakerEvent = { kind: "release", by: operatorName(call.app), reason: reasonOf(call, name) };
    const change = await carryOut(await poolOf(call.app), vendor, event, call);
    return done({ ...change, isDryRun: call.isDryRun }, changeLines(change, vendor, call));
  },
};

type Change = { readonly vendor: Vendor; readonly from: BreakerState; readonly to: BreakerState };

async function carryOut(pool: pg.Pool, vendor: Vendor, event: BreakerEvent, { isDryRun }: Call): Promise<Change> {
  const before = await readOne(pool, vendor);
  const from = stateOf(before.breaker, before.at);
  if (isDryRun) {
    const after = nextBreaker(before.breaker, event, before.at, defaultBreakerPolicy);
    return { vendor, from, to: stateOf(after, before.at) };
  }
  const after = await applyEvents(pool, vendor, [event], defaultBreakerPolicy);
  return { vendor, from, to: stateOf(after.breaker, after.at) };
}

function afterCanary(canary: CanaryReport, forced: Forced | undefined, by: string): BreakerEvent {
  if (canary.isWell) return { kind: "proven", by };
  return forced === undefined ? { kind: "refuted", by, why: canary.what } : { kind: "force-trial", forced };
}

async function readOne(pool: pg.Pool, vendor: Vendor): Promise<StoredBreaker> {
  await addBreakers(pool, [vendor]);
  const found = (await readBreakers(pool)).find((each) => each.vendor === vendor);
  if (found === undefined) throw new RangeError(vendor);
  return found;
}

function refuseIsolated({ vendor, breaker, at }: StoredBreaker, app: App): void {
  if (breaker.phase.state !== "isolated" || stateOf(breaker, at) !== "isolated") return;
  const { by, reason, until } = breaker.phase.forced;
  const what = message("breaker.isolated-first", { vendor, by, reason, until: momentText(until, app) });
  throw new Failure("refused-unsafe", what, message("breaker.isolated-first-next", { vendor }));
}

function changeLines({ from, to }: Change, vendor: Vendor, { isDryRun }: Call): Message[] {
  if (from === to) return [message("breaker.unchanged", { vendor, state: stateText(to) })];
  const values = { vendor, from: stateText(from), to: stateText(to) };
  return [isDryRun ? message("breaker.would", values) : message("breaker.changed", values)];
}

function canaryLine({ vendor, isWell, what, latencyMs, verdict }: CanaryReport): Message {
  if (isWell) return message("breaker.canary-well", { vendor, what, latencyMs });
  return message("breaker.canary-ill", { vendor, what, latencyMs, verdict: message(`breaker.verdict-${verdict}`) });
}

function isOf(bucket: string, vendor: Vendor): boolean {
  return bucket === vendor || bucket.startsWith(`${vendor}:`);
}

function vendorOf(word: string, command: string): Vendor {
  const vendor = vendors.find((each) => each === word);
  if (vendor === undefined) throw usage(command, message("breaker.unknown-vendor", { vendor: word, known: vendors.join(", ") }));
  return vendor;
}

async function poolOf(app: App): Promise<pg.Pool> {
  const { store, reason } = await app.durable();
  if (store !== undefined) return store.pool;
  throw new Failure(
    "store-unreachable",
    message("breaker.no-store", { reason: reason ?? verbatim("–") }),
    message("breaker.no-store-next"),
  );
}

async function settingsOf(app: App): Promise<GatewaySettings> {
  const { gateway } = (await app.loaded()).config;
  if (gateway === undefined) throw new Failure("config-invalid", message("breaker.no-gateway"), message("breaker.no-gateway-next"));
  return gateway;
}

function forcedOf(call: Call, command: string, otherwiseMs?: number): Forced {
  const given = call.values.get("for");
  const durationMs = given === undefined ? otherwiseMs : parseDuration(given);
  if (durationMs === undefined || durationMs <= 0 || durationMs > longestSwitchMs) throw usage(command, message("switch.duration-wrong"));
  return { by: operatorName(call.app), reason: reasonOf(call, command), until: call.app.clock.now() + durationMs };
}

function reasonOf({ values }: Call, command: string): string {
  const reason = values.get("reason")?.trim() ?? "";
  if (reason === "") throw usage(command, message("breaker.reason-missing"));
  return reason;
}
