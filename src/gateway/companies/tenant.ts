import type { ClientBase, Pool, PoolClient } from "pg";
import { inTransaction } from "../../store/store.ts";

/**
 * What a company's id may look like; the same rule stands in the table. `*`, the scope of all companies, can therefore
 * never be one, nor can `main`, the limit of the key that companies share (`calcom:main`).
 */
export const companyIdPattern = /^(?!main$)[a-z0-9][a-z0-9_-]{0,62}$/;

/**
 * Runs `work` in one transaction that sees and writes rows of this company only: row-level security, not the statement, decides.
 * Tables without a company (inbox, breakers, cursors) are out of reach inside where the tenant role may be used.
 */
export async function asCompany<Value>(pool: Pool, companyId: string, work: (client: PoolClient) => Promise<Value>): Promise<Value> {
  return await inTransaction(pool, async (client) => {
    await enterCompany(client, companyId);
    return await work(client);
  });
}

/** The same for jobs that span companies: all rows, in one transaction. */
export async function asEveryCompany<Value>(pool: Pool, work: (client: PoolClient) => Promise<Value>): Promise<Value> {
  return await inTransaction(pool, async (client) => {
    await enterEveryCompany(client);
    return await work(client);
  });
}

/** Sets the scope of a transaction that is already open, until it ends, `leaveCompany` or the next call. */
export async function enterCompany(client: ClientBase, companyId: string): Promise<void> {
  if (!companyIdPattern.test(companyId)) throw new TypeError(`no id of a company: ${JSON.stringify(companyId.slice(0, 80))}`);
  await setScope(client, companyId);
}

export async function enterEveryCompany(client: ClientBase): Promise<void> {
  await setScope(client, "*");
}

/** Back to no company: rows of companies are out of sight, the tables without one within reach again. */
export async function leaveCompany(client: ClientBase): Promise<void> {
  await client.query("select set_config('role', 'none', true), set_config('ampel.company', '', true)");
}

/**
 * Brings the role back that keeps companies apart, where it can and must be: a restored dump has none, and then every
 * scope is refused to a superuser, whom nothing else would bind.
 */
export async function ensureTenantRole(pool: Pool): Promise<void> {
  try {
    await pool.query("select gateway.tenant_role()");
  } catch (error) {
    if ((error as { code?: string }).code !== "42501") throw error;
    await pool.query("select gateway.grant_tenant_role()");
  }
}

/** One round trip. Both settings end with the transaction, so that a pooled connection never carries a scope to the next one. */
async function setScope(client: ClientBase, scope: string): Promise<void> {
  await client.query("select set_config('ampel.company', $1, true), set_config('role', gateway.tenant_role(), true)", [scope]);
}
