import { NetworkFault } from "../../integrations/http-client-fault.ts";
import { RetellFault } from "../../integrations/retell-fault.ts";
import { Failure } from "../../kernel/failure.ts";

/** A word for the record. Never the text of an error, which may quote what somebody said. */
export function faultName(error: unknown): string {
  if (error instanceof NetworkFault) return `${error.stage} ${error.reason}`;
  if (error instanceof RetellFault) return `retell ${error.problem}`;
  if (error instanceof Failure) return error.code;
  if (!(error instanceof Error)) return "unknown";
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error.name : `${error.name} ${code}`;
}
