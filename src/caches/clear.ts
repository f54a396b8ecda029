import { Failure } from "../kernel/failure.ts";
import { type CacheStore, type ClearPlan, type ClearReport } from "./cache-store.ts";
import { clearFolder, planFolderClear } from "./clear-folder.ts";
import { clearRedis, planRedisClear } from "./clear-redis.ts";

/**
 * What `cache:clear` would remove, and why it must not. Changes nothing.
 * @throws {DatabaseFault}
 */
export async function planClear(store: CacheStore, signal: AbortSignal): Promise<ClearPlan> {
  return store.kind === "redis" ? await planRedisClear(store, signal) : await planFolderClear(store, signal);
}

/**
 * Removes what the plan names, after looking again, and proves it.
 * @throws {Failure} refused-unsafe with the reason and the safe way
 */
export async function clearCache(plan: Pick<ClearPlan, "store">, signal: AbortSignal): Promise<ClearReport> {
  return plan.store.kind === "redis" ? await clearRedis(plan.store, signal) : await clearFolder(plan.store, signal);
}

export type OptimizeReport<Figures> = { readonly before: Figures; readonly after: Figures; readonly stores: readonly ClearReport[] };

/**
 * `optimize:clear`: measures, clears the named stores and no other, measures again. All stores are planned before the first is cleared:
 * one that must not be cleared stops all of it.
 * @throws {Failure} refused-unsafe
 */
export async function optimizeClear<Figures>(
  stores: readonly CacheStore[],
  measure: (signal: AbortSignal) => Promise<Figures>,
  signal: AbortSignal,
): Promise<OptimizeReport<Figures>> {
  const before = await measure(signal);
  for (const store of stores) {
    const [refusal] = (await planClear(store, signal)).refusals;
    if (refusal !== undefined) throw new Failure("refused-unsafe", refusal.what, refusal.nextStep);
  }
  const cleared: ClearReport[] = [];
  for (const store of stores) cleared.push(await clearCache({ store }, signal));
  return { before, after: await measure(signal), stores: cleared };
}
