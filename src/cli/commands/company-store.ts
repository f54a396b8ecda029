import type { Pool } from "pg";
import type { App } from "../../app.ts";
import { companyIdPattern } from "../../gateway/companies/tenant.ts";
import { Failure } from "../../kernel/failure.ts";
import { message, verbatim } from "../../kernel/message.ts";
import { findNearest } from "../../config/nearest.ts";

/** Companies live in the store and nowhere else: no journal file can stand in for it. @throws {Failure} store-unreachable */
export async function openCompanyStore(app: App): Promise<Pool> {
  const { store, reason } = await app.durable();
  if (store !== undefined) return store.pool;
  throw new Failure(
    "store-unreachable",
    message("companies.no-store", { reason: reason ?? verbatim("?") }),
    message("companies.no-store-next"),
  );
}

/** @throws {Failure} not-found, with the company that was probably meant */
export function companyMissing(companyId: string, known: readonly string[]): Failure {
  const nearest = findNearest(companyId, known) ?? known.slice(0, 8).join(", ");
  return new Failure(
    "not-found",
    message("companies.company-unknown", { company: companyId }),
    message("companies.missing-next", { nearest: nearest === "" ? "–" : nearest }),
  );
}

/** A text that can be no id is nobody's: asking the database for it would be a mistake of ours. */
export function isCompanyId(text: string): boolean {
  return companyIdPattern.test(text);
}
