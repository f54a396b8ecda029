import { seconds } from "../../kernel/clock.ts";
import { Failure } from "../../kernel/failure.ts";
import { message } from "../../kernel/message.ts";
import { RetellFault } from "../../integrations/retell-fault.ts";
import type { VendorAccess } from "../../integrations/vendor-call.ts";
import type { Gateway } from "../gateway.ts";

/** One key towards Retell: a company's own, or the common one of all others. */
export type RetellAccount = { readonly name: string; readonly companyId?: string };

/** Without a `Retry-After` (Retell sends none): long enough for a limit per minute. */
const throttledMs = seconds(30);

/** Every key there is; the common one first. */
export function retellAccounts({ directory, access }: Pick<Gateway, "directory" | "access">): readonly RetellAccount[] {
  const own = directory.companies().filter(({ retellKey, isActive }) => retellKey !== undefined && isActive);
  return [...(access("retell") === undefined ? [] : [{ name: "main" }]), ...own.map(({ companyId }) => ({ name: companyId, companyId }))];
}

/** The account a company's calls are made on. */
export function accountOf({ directory }: Pick<Gateway, "directory">, companyId: string): RetellAccount {
  return directory.company(companyId)?.retellKey === undefined ? { name: "main" } : { name: companyId, companyId };
}

/**
 * One conversation with Retell behind the shared rate limit and the breaker.
 * @throws {BreakerOpen}
 * @throws {EgressFull} no token within `waitMs`
 * @throws {RetellFault}
 * @throws {NetworkFault}
 * @throws {Failure} vendor-refused when there is no key
 */
export async function askRetell<Value>(
  gateway: Pick<Gateway, "access" | "breakers" | "egress" | "clock">,
  account: RetellAccount,
  work: (access: VendorAccess, signal: AbortSignal) => Promise<Value>,
  signal: AbortSignal,
  { waitMs = seconds(10), timeoutMs = seconds(15) }: { readonly waitMs?: number; readonly timeoutMs?: number } = {},
): Promise<Value> {
  const access = gateway.access("retell", account.companyId);
  if (access === undefined) throw new Failure("vendor-refused", message("calls.no-retell-key"), message("calls.retell-next-key"));
  const bucket = `retell:${account.name}`;
  // Before the breaker: waiting for our own limit must not count as Retell being slow.
  await gateway.egress.take(bucket, { waitMs, signal });
  return await gateway.breakers.run(
    "retell",
    async (inner) => {
      try {
        return await work({ baseUrl: access.baseUrl, key: access.key.reveal() }, AbortSignal.any([inner, AbortSignal.timeout(timeoutMs)]));
      } catch (error) {
        if (error instanceof RetellFault && error.problem === "throttled") {
          gateway.egress.block(bucket, gateway.clock.now() + (error.retryAfterMs ?? throttledMs));
        }
        throw error;
      }
    },
    signal,
  );
}
