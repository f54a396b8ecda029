import type { App } from "../../app.ts";
import type { CacheStore, ClearPlan, ClearReport } from "../../caches/cache-store.ts";
import { clearCache, optimizeClear, planClear } from "../../caches/clear.ts";
import { exitCodes, Failure } from "../../kernel/failure.ts";
import { message, say } from "../../kernel/message.ts";
import { survey } from "../../responder/survey.ts";
import type { RedisConnection } from "../../integrations/redis.ts";
import { nearestOf, usage } from "../arguments.ts";
import { done, type Call, type Command, type Outcome } from "../command.ts";
import type { Line } from "../line.ts";

const options = { confirm: { what: message("cli.option.confirm") } } as const;

/** Empties one named cache, by key prefix; never a whole database, never where queues, logins or locks live. */
export const cacheClear: Command = {
  words: ["NAME"],
  options,
  async run(call) {
    const {
      app,
      words: [name = ""],
      signal,
    } = call;
    const store = await findStore(app, name, "cache:clear");
    const plan = await planClear(store, signal);
    if (isOnlyLooking(call)) return showPlans([[name, plan]], call);
    return showReports([[name, await clearCache(plan, signal)]], call);
  },
};

/** The named caches (default: all of the configuration), with the response times before and after. */
export const optimizeClearCommand: Command = {
  words: ["[NAME…]"],
  options,
  async run(call) {
    const { app, words, signal } = call;
    const { config } = await app.loaded();
    const names = words.length > 0 ? words : Object.keys(config.caches);
    if (names.length === 0) throw usage("optimize:clear", message("cache.none"));
    const stores = await Promise.all(names.map((name) => findStore(app, name, "optimize:clear")));
    if (isOnlyLooking(call)) {
      return showPlans(
        await Promise.all(stores.map(async (store, index) => [names[index] ?? "", await planClear(store, signal)] as const)),
        call,
      );
    }
    const { before, after, stores: reports } = await optimizeClear(stores, () => measureLatency(app, signal), signal);
    const outcome = showReports(
      reports.map((report, index) => [names[index] ?? "", report] as const),
      call,
    );
    return {
      ...outcome,
      document: { ...(outcome.document as object), before, after },
      lines: [...outcome.lines, message("cache.latency", { before: text(before), after: text(after) })],
    };
  },
};

/** Without --confirm and without a person to ask, nothing is cleared. */
function isOnlyLooking({ isDryRun, flags }: Call): boolean {
  return isDryRun || !flags.has("confirm");
}

type Named<Value> = readonly (readonly [name: string, value: Value])[];

function showPlans(plans: Named<ClearPlan>, { isDryRun, screen }: Call): Outcome {
  const { language } = screen;
  const refusal = plans.flatMap(([, { refusals }]) => refusals)[0];
  if (refusal !== undefined) throw new Failure("refused-unsafe", refusal.what, refusal.nextStep);
  const lines: Line[] = plans.flatMap(([name, { count, samples }]) => [
    message("cache.would-clear", { name, count }),
    ...samples.map((sample) => `  ${sample}`),
  ]);
  const document = { isDryRun, stores: plans.map(([name, { count, samples }]) => ({ name, count, samples })) };
  if (isDryRun) return done(document, lines);
  for (const line of lines) screen.tell(typeof line === "string" ? line : say(line, language));
  throw new Failure("approval-missing", message("cli.not-confirmed"), message("cli.not-confirmed-next"));
}

function showReports(reports: Named<ClearReport>, { screen }: Call): Outcome {
  const problems = reports.flatMap(([, report]) => report.problems);
  return done(
    {
      stores: reports.map(([name, report]) => ({
        name,
        ...report,
        problems: report.problems.map((problem) => say(problem, screen.language)),
      })),
    },
    [
      ...reports.map(([name, { removed, durationMs }]) =>
        message("cache.cleared", { name, count: removed, seconds: (durationMs / 1000).toFixed(1) }),
      ),
      ...problems,
    ],
    problems.length > 0 ? exitCodes.refused : exitCodes.allClear,
  );
}

async function findStore(app: App, name: string, command: string): Promise<CacheStore> {
  const { config } = await app.loaded();
  const entry = config.caches[name];
  if (entry === undefined) {
    throw usage(command, message("cache.unknown", { name, nearest: nearestOf(name, Object.keys(config.caches)) ?? "–" }));
  }
  if (entry.in === "folder") {
    if (entry.host !== "local") {
      throw new Failure(
        "refused-unsafe",
        message("cache.remote-folder", { name, host: entry.host }),
        message("cache.remote-folder-next", { host: entry.host }),
      );
    }
    return { kind: "folder", path: entry.folder };
  }
  const connection = config.databases[entry.redis]?.watch.spec as unknown as RedisConnection;
  return { kind: "redis", connection, database: entry.database, prefix: entry.prefix, keep: entry.keep };
}

/** Milliseconds of every http probe that answered. */
async function measureLatency(app: App, signal: AbortSignal): Promise<Record<string, number>> {
  const probes = (await app.probes()).filter(({ kind }) => kind === "http");
  const { results } = await survey(app, probes, { signal });
  return Object.fromEntries(results.map(({ probeId, durationMs }) => [probeId, durationMs]));
}

function text(figures: Record<string, number>): string {
  return (
    Object.entries(figures)
      .map(([id, ms]) => `${id} ${ms} ms`)
      .join(", ") || "–"
  );
}
