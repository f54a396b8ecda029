import { asCompany } from "../companies/tenant.ts";
import { readOperation, type Operation } from "./operation-rows.ts";
import type { Desk } from "./settle-push.ts";

const lookEveryMs = 150;
/** Whoever began it has given up by then: nobody writes the answer any more. */
const abandonedMs = 15_000;

/** The answer to a wish that somebody else is working on; nothing when it does not come in time. */
export async function awaitAnswer(
  { gateway, pool }: Desk,
  companyId: string,
  operationId: string,
  first: Operation,
  signal: AbortSignal,
): Promise<unknown> {
  let operation: Operation | undefined = first;
  while (operation !== undefined && operation.result === undefined) {
    if (signal.aborted || gateway.clock.now() - operation.startedAt > abandonedMs) return undefined;
    // Aborted while waiting: the loop sees it.
    await gateway.clock.sleep(lookEveryMs, signal).catch(() => {});
    operation = await asCompany(pool, companyId, async (client) => await readOperation(client, companyId, operationId));
  }
  return operation?.result;
}
