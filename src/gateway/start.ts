import { homedir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import type pg from "pg";
import type { GatewaySettings } from "../config/gateway-schema.ts";
import { systemClock, type Clock } from "../kernel/clock.ts";
import { newId } from "../kernel/ids.ts";
import type { Language } from "../kernel/message.ts";
import type { Place } from "./accept/decide-place.ts";
import { keepWithin } from "./accept/keep-within.ts";
import { openKeeper } from "./accept/keep.ts";
import { openQuarantineLimits } from "./accept/quarantine-limits.ts";
import { openBreakers } from "./breakers/keep-breakers.ts";
import { openDirectory } from "./companies/open-directory.ts";
import type { Delivery, Kept } from "./delivery.ts";
import type { Gateway, GatewayFinding } from "./gateway.ts";
import { startInboxWorker } from "./inbox/worker.ts";
import { openAcceptPool } from "./server/accept-pool.ts";
import { openAccess } from "./server/access.ts";
import { openFindingBook } from "./server/findings.ts";
import type { HealthFacts } from "./server/health.ts";
import { openHttpServer } from "./server/http-server.ts";
import { startJobs, type JobSchedule } from "./server/jobs.ts";
import { openLeaderLease } from "./server/leader-lease.ts";
import { addReadings, openMetrics } from "./server/metrics.ts";
import { newLooks, ownJobs } from "./server/own-jobs.ts";
import { ownRoutes } from "./server/own-routes.ts";
import { openParts } from "./server/parts.ts";
import { openSpool } from "./spool/spool.ts";
import { openSwitchView } from "./switches/open-switch-view.ts";
import { openEgress } from "./vendors/open-egress.ts";

export type GatewayOptions = {
  readonly settings: GatewaySettings;
  readonly language: Language;
  readonly timeZone: string;
  readonly stateFolder: string;
  /** Where the command line writes switches while there is no store. */
  readonly journalFolders: readonly string[];
  /** Absent: everything is spooled. */
  readonly pool?: pg.Pool | undefined;
  readonly clock?: Clock;
  /** Addresses whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[];
  onFinding?(finding: GatewayFinding): void;
  /** The database takes deliveries again, or the spool does instead. */
  onPlace?(place: Place): void;
  /** A job failed; it is tried again at its next time. */
  onJobFailure?(name: string, error: Error): void;
};

export type RunningGateway = {
  readonly port: number;
  readonly gateway: Gateway;
  health(): HealthFacts;
  /** New keys and limits for what comes in from now on; the parts keep what they started with. */
  replaceSettings(settings: GatewaySettings): void;
  /** Takes no more requests, answers those under way, flushes, ends. */
  stop(): Promise<void>;
};

export function spoolFolderOf({ spool }: Pick<GatewaySettings, "spool">, stateFolder: string): string {
  return spool?.replace(/^~(?=\/|$)/, homedir()) ?? join(stateFolder, "spool");
}

/**
 * Opens one gateway process. It comes up without a database too, and never waits for a vendor.
 * @throws when the address cannot be listened on
 */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { language, timeZone, stateFolder, journalFolders, pool, clock = systemClock } = options;
  let { settings } = options;
  const startedAt = clock.now();
  const spoolRoot = spoolFolderOf(settings, stateFolder);
  const metrics = openMetrics();
  const looks = newLooks();
  let refusedAt = 0;

  const findings = openFindingBook({
    pool,
    clock,
    onFinding: (finding) => {
      metrics.findings.inc({ kind: finding.kind });
      options.onFinding?.(finding);
    },
  });
  const spool = openSpool({ root: spoolRoot, maxBytes: settings.spoolMaxBytes, clock });
  const acceptPool = pool === undefined ? undefined : openAcceptPool(pool);
  const keeper = openKeeper({
    pool: acceptPool,
    spool,
    clock,
    waitMs: settings.storeWait,
    onSwitch: (place) => options.onPlace?.(place),
    onDrained: ({ deliveries, refused, damagedBytes }) => {
      metrics.drained.inc(deliveries);
      if (refused === 0 && damagedBytes === 0) return;
      metrics.setAside.inc(refused + Math.sign(damagedBytes));
      findings.report({ kind: "spool-set-aside", subject: join(spoolRoot, "aside"), data: { refused, damagedBytes } });
    },
    onDifference: ({ provider, eventType, dedupKey }) => {
      metrics.differences.inc({ provider });
      findings.report({ kind: "different-duplicate", subject: `${provider} ${dedupKey}`, data: { eventType } });
    },
  });
  // Opened further down; nothing comes in before.
  const limits = openQuarantineLimits(() => (switches.isOn("webhook.verify_signature") ? 16 : 1));
  const keep = async (delivery: Delivery): Promise<Kept> => {
    try {
      return await keeper.keep(delivery);
    } catch (error) {
      refusedAt = clock.now();
      throw error;
    }
  };

  const directory = await openDirectory({ pool, file: join(spoolRoot, "directory.json"), clock });
  const switches = await openSwitchView({ pool, stateFolder, journalFolders, clock });
  const egress = openEgress({ pool, clock, limits: { calcom: settings.calcom.requestsPerMinute } });
  const breakers = await openBreakers({ pool, clock, onStatus: (vendor, status) => egress.note(vendor, status) });
  const gateway: Gateway = {
    clock,
    language,
    timeZone,
    get settings() {
      return settings;
    },
    pool,
    directory,
    switches,
    breakers,
    egress,
    keep: keepWithin(limits, clock, keep),
    access: openAccess(() => settings, directory),
    report: findings.report,
  };

  let port = settings.listen.port;
  const { address } = settings.listen;
  const baseUrl = (): string => `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
  const parts = openParts(gateway, { breakers, egress, switches, baseUrl });
  const worker = pool === undefined ? undefined : startInboxWorker(gateway, parts.handlers);
  const lease = pool === undefined ? undefined : openLeaderLease({ pool, clock, owner: newId("gateway") });
  let jobs: JobSchedule | undefined;

  const health = (): HealthFacts => ({
    now: clock.now(),
    startedAt,
    place: keeper.place,
    hasDatabase: pool !== undefined,
    isLeader: lease?.isHeld() === true,
    writtenAt: Math.max(keeper.writtenAt, looks.writtenAt),
    refusedAt,
    directoryAsOf: directory.asOf,
    spool: { bytes: spool.bytes, oldestAt: spool.oldestAt, maxBytes: settings.spoolMaxBytes },
    backlog: looks.backlog,
    jobs: jobs?.states() ?? [],
    breakers: breakers.list().map(({ vendor, state }) => ({ vendor, state })),
    switches: switches.list().map(({ key, expiresAt }) => ({ key, expiresAt })),
    checks: [...looks.checks.values()].flat(),
    findings: findings.counts(),
  });
  addReadings(metrics, {
    spoolBytes: () => spool.bytes,
    spoolAgeSeconds: () => (spool.oldestAt === undefined ? 0 : (clock.now() - spool.oldestAt) / 1000),
    isStoreTaking: () => keeper.place.at === "store",
    backlog: () => looks.backlog.counts,
    breakers: () => breakers.list(),
  });

  const app = new Hono();
  for (const routes of [ownRoutes(health, metrics, () => settings), ...parts.routes]) app.route("/", routes);
  // Nothing of a fault goes to whoever caused it; the sender is asked to come again.
  app.onError((error, context) => {
    findings.report({ kind: "request-failed", subject: context.req.routePath, data: { error: error.name } });
    return context.body(null, 503, { "retry-after": "5" });
  });
  const closeParts = async (): Promise<void> => {
    await worker?.stop();
    await jobs?.stop();
    await parts.flush();
    await lease?.release();
    await keeper.close();
    await findings.flush().catch(() => {});
    await Promise.all([directory.close(), switches.close(), egress.close(), breakers.close()]);
    await acceptPool?.end().catch(() => {});
  };
  try {
    const server = await openHttpServer({
      ...settings.listen,
      clock,
      app,
      webhooks: {
        settings: () => settings,
        clock,
        metrics,
        limits,
        trustedProxies: new Set(options.trustedProxies),
        keep,
        report: findings.report,
      },
    });
    ({ port } = server);
    // Only now: among the checks are some that ask this very server.
    jobs = startJobs([...ownJobs(looks, { pool, clock, findings, checks: parts.checks }), ...parts.jobs], {
      clock,
      lease,
      onFailure: ({ name }, error) => options.onJobFailure?.(name, error),
    });
    return {
      port,
      gateway,
      health,
      replaceSettings: (replaced) => {
        settings = replaced;
      },
      stop: async () => {
        await server.stop();
        await closeParts();
      },
    };
  } catch (error) {
    await closeParts();
    throw error;
  }
}
