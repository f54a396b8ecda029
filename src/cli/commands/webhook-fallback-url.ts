import type { App } from "../../app.ts";
import type { GatewaySettings } from "../../config/gateway-schema.ts";
import { asEveryCompany } from "../../gateway/companies/tenant.ts";
import { addRecord, endRecord, readRecords, recordPath } from "../../gateway/vendors/fallback-record.ts";
import { refuseForeignGateway } from "../../gateway/vendors/instance-mark.ts";
import {
  parseOrigin,
  planBack,
  planFallback,
  type FallbackPlan,
  type TargetChange,
  type WebhookTarget,
} from "../../gateway/vendors/plan-fallback.ts";
import { vendorAccess } from "../../gateway/vendors/vendor-access.ts";
import { vendors, type Vendor } from "../../gateway/vendors/vendor.ts";
import { openWebhookTargets, type WebhookTargets } from "../../gateway/vendors/webhook-targets.ts";
import { exitCodes, Failure, whatFailed } from "../../kernel/failure.ts";
import { message, type Message } from "../../kernel/message.ts";
import { usage } from "../arguments.ts";
import { done, type Call, type Command, type Outcome } from "../command.ts";
import { exitOfLook, expectNothing } from "../expect-nothing.ts";

const name = "webhook:set-fallback-url";
const vendorLimitMs = 60_000;

/** Sends the vendors' webhooks to another server of ours, through their own interfaces, with read-back and the way back. */
export const webhookSetFallbackUrl: Command = {
  words: ["[URL]"],
  options: {
    back: { what: message("option.fallback-back") },
    vendor: { value: "NAME", what: message("option.fallback-vendor") },
    ...expectNothing,
  },
  async run(call) {
    const { app, words, flags } = call;
    const { gateway: settings } = (await app.loaded()).config;
    if (settings === undefined) throw new Failure("config-invalid", message("breaker.no-gateway"), message("breaker.no-gateway-next"));
    if (flags.has("back") === (words[0] !== undefined)) throw usage(name, message("fallback.url-missing"));
    return flags.has("back") ? await goBack(call, settings) : await goThere(call, settings, words[0] ?? "");
  },
};

async function goThere(call: Call, settings: GatewaySettings, address: string): Promise<Outcome> {
  const { app, signal, isDryRun } = call;
  const origin = parseOrigin(address);
  if (origin === undefined) throw usage(name, message("fallback.bad-url", { url: address }));
  const { doors, targets, unseen } = await readTargets(call, settings);
  const refusal = await refuseForeignGateway(origin, settings, [...doors.keys()], signal);
  if (refusal !== undefined) {
    throw new Failure("refused-unsafe", message("fallback.not-ours", { url: origin, what: refusal }), message("fallback.not-ours-next"));
  }
  const records = readRecords(app.stateFolder);
  const own = parseOrigin(new URL(settings.publicUrl).origin) ?? new URL(settings.publicUrl).origin;
  const plan = planFallback(targets, origin, [own, origin, ...records.map((record) => record.origin)]);
  const lines = planLines(plan, unseen);
  if (isDryRun || plan.changes.length === 0) {
    const exitCode = isDryRun ? exitOfLook(name, call, plan.changes.length > 0) : 0;
    const document = { origin, isDryRun, ...describePlan(plan), unseen: unseen.map(({ vendor }) => vendor) };
    return done(document, lines, exitCodeOf(unseen, 0) || exitCode);
  }
  for (const line of lines) call.screen.tell(line);
  addRecord(
    app.stateFolder,
    app.clock.now(),
    origin,
    plan.changes.map(({ target: { vendor, what, id, url }, to }) => ({ vendor, what, id, from: url, to })),
  );
  const results = await carryOut(plan.changes, doors, signal);
  const kept = message("fallback.kept", { path: recordPath(app.stateFolder) });
  return report(results, unseen, { origin, ...describePlan(plan) }, [kept]);
}

async function goBack(call: Call, settings: GatewaySettings): Promise<Outcome> {
  const { app, signal, isDryRun } = call;
  const record = readRecords(app.stateFolder).findLast(({ restoredAt }) => restoredAt === undefined);
  if (record === undefined) {
    throw new Failure("not-found", message("fallback.no-snapshot"), message("fallback.no-snapshot-next", { url: settings.publicUrl }));
  }
  const { doors, targets, unseen } = await readTargets(call, settings);
  const plan = planBack(record.changes, targets, [...doors.keys()]);
  const moved = plan.moved.map(({ vendor, what, id, url = "–" }) => message("fallback.moved", { vendor, what, id, url }));
  const gone = plan.gone.map(({ vendor, what, id }) => message("fallback.gone", { vendor, what, id }));
  const lines = [...planLines(plan, unseen), ...moved, ...gone];
  const document = { record: record.id, ...describePlan(plan), moved: plan.moved, gone: plan.gone };
  if (isDryRun) return done({ ...document, isDryRun }, lines, exitCodeOf(unseen, 0));
  for (const line of lines) call.screen.tell(line);
  const results = await carryOut(plan.changes, doors, signal);
  const seen = new Set(doors.keys());
  const isWhole = record.changes.every(({ vendor }) => seen.has(vendor)) && unseen.length === 0 && results.every(({ isDone }) => isDone);
  // Until everything is back the record stays open, and `--back` goes on where it was.
  if (isWhole) endRecord(app.stateFolder, record.id, app.clock.now());
  return report(results, unseen, document, []);
}

type Unseen = { readonly vendor: Vendor; readonly reason: Message };

/** A vendor that cannot be read now does not keep the others from being switched. */
async function readTargets(
  { app, values, signal }: Call,
  settings: GatewaySettings,
): Promise<{ doors: Map<Vendor, WebhookTargets>; targets: WebhookTarget[]; unseen: Unseen[] }> {
  const only = values.get("vendor");
  if (only !== undefined && !vendors.some((vendor) => vendor === only)) {
    throw usage(name, message("breaker.unknown-vendor", { vendor: only, known: vendors.join(", ") }));
  }
  const numbers = new Set(await readNumbers(app));
  const doors = new Map<Vendor, WebhookTargets>();
  const targets: WebhookTarget[] = [];
  const unseen: Unseen[] = [];
  for (const vendor of vendors.filter((each) => only === undefined || each === only)) {
    const access = vendorAccess(settings, vendor);
    if (access === undefined) {
      if (only !== undefined) unseen.push({ vendor, reason: message("breaker.no-key", { vendor }) });
      continue;
    }
    for (const { what, id } of targets) if (what === "number") numbers.add(id);
    const door = openWebhookTargets(vendor, access, [...numbers]);
    try {
      if (vendor === "twilio" && numbers.size === 0) throw numbersUnknown();
      targets.push(...(await door.list(AbortSignal.any([signal, AbortSignal.timeout(vendorLimitMs)]))));
      doors.set(vendor, door);
    } catch (error) {
      signal.throwIfAborted();
      unseen.push({ vendor, reason: whatFailed(error) });
    }
  }
  return { doors, targets, unseen };
}

function numbersUnknown(): Failure {
  return new Failure("not-found", message("fallback.no-numbers"), message("fallback.partly-next"));
}

async function readNumbers(app: App): Promise<readonly string[]> {
  const { store } = await app.durable();
  if (store === undefined) return [];
  const { rows } = await asEveryCompany(store.pool, (client) =>
    client.query<{ number: string }>("select number from gateway.phone_number where is_active order by number"),
  );
  return rows.map((row) => row.number);
}

type Result = TargetChange & { readonly isDone: boolean; readonly line: Message };

/** One after the other, each read back; the first failure does not keep the rest from being tried. */
async function carryOut(
  changes: readonly TargetChange[],
  doors: ReadonlyMap<Vendor, WebhookTargets>,
  signal: AbortSignal,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const change of changes) {
    const { target, to } = change;
    const { vendor, what, id } = target;
    try {
      const url = await doors.get(vendor)?.set(target, to, AbortSignal.any([signal, AbortSignal.timeout(vendorLimitMs)]));
      const isDone = url === to;
      const line = isDone
        ? message("fallback.done", { vendor, what, id, url: url ?? "–" })
        : message("fallback.failed", { vendor, what, id, reason: message("fallback.read-back", { url: url ?? "–" }) });
      results.push({ ...change, isDone, line });
    } catch (error) {
      signal.throwIfAborted();
      results.push({ ...change, isDone: false, line: message("fallback.failed", { vendor, what, id, reason: whatFailed(error) }) });
    }
  }
  return results;
}

function report(results: readonly Result[], unseen: readonly Unseen[], document: object, more: readonly Message[]): Outcome {
  const failed = results.filter(({ isDone }) => !isDone);
  const exitCode = exitCodeOf(unseen, failed.length);
  return done(
    {
      ...document,
      results: results.map(({ target: { vendor, what, id }, to, isDone }) => ({ vendor, what, id, to, isDone })),
      unseen: unseen.map(({ vendor }) => vendor),
    },
    [...results.map(({ line }) => line), ...more, ...(exitCode === exitCodes.allClear ? [] : [message("fallback.partly-next")])],
    exitCode,
  );
}

function exitCodeOf(unseen: readonly Unseen[], failed: number): number {
  return unseen.length + failed > 0 ? exitCodes.refused : exitCodes.allClear;
}

function planLines({ changes, foreign }: FallbackPlan, unseen: readonly Unseen[]): Message[] {
  return [
    ...changes.map(({ target: { vendor, what, id, url }, to }) =>
      message("fallback.plan", { vendor, what, id, from: url ?? "–", to: to ?? "–" }),
    ),
    ...foreign.map(({ vendor, what, id, url }) => message("fallback.foreign", { vendor, what, id, url: url ?? "–" })),
    ...unseen.map(({ vendor, reason }) => message("fallback.unseen", { vendor, reason })),
    ...(changes.length === 0 ? [message("fallback.nothing")] : []),
  ];
}

function describePlan({ changes, foreign, same }: FallbackPlan): Record<string, unknown> {
  return { changes: changes.map(({ target, to }) => ({ ...target, to })), foreign, same };
}
