import type { Pool } from "pg";
import { inTransaction } from "../../store/store.ts";
import type { ApplyRules } from "./apply.ts";
import { claimEvents } from "./claim.ts";
import { afterOutcome } from "./outcome.ts";
import { settleEvents } from "./settle.ts";

/** A hanging event costs everybody seconds each time: it counts as so many tries, and is dead after the third. */
const triesPerLoss = 4;

/** Sets the next event back after it alone has cost a whole transaction: a handler that hangs, or breaks its connection. */
export async function recordLostAttempt(pool: Pool, error: Error, rules: ApplyRules): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { events } = await claimEvents(client, 1);
    const settled = events.map((event) => ({
      id: event.id,
      companyId: event.companyId,
      settled: afterOutcome(
        { kind: "later", why: `its transaction was lost: ${error.message}` },
        event.attempts + triesPerLoss - 1,
        rules.retries,
        rules.random(),
      ),
    }));
    await settleEvents(client, settled);
  });
}
