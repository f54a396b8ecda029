import type { Pool, PoolClient } from "pg";
import type { Clock } from "../../kernel/clock.ts";
import { message, say, type Language, type Message } from "../../kernel/message.ts";
import type { GatewayCheck } from "../gateway.ts";
import { tenantInvariants, type TenantInvariant } from "./tenant-invariants.ts";
import { asEveryCompany, leaveCompany } from "./tenant.ts";

const shownExamples = 3;
const guards = "guards";

/**
 * P13: no row is tied to another company's, every call lies with the owner of its number, and the guards of the tables
 * stand. One check per rule, `down` with the count and a few ids when it is broken; the ids are ours, never a person's.
 * @throws when the database does not answer: nothing is then known
 */
export async function checkTenants(
  pool: Pool,
  { clock, language }: { clock: Clock; language: Language },
): Promise<readonly GatewayCheck[]> {
  return await asEveryCompany(pool, async (client) => {
    await client.query("set local statement_timeout = '5s'");
    const looks = [await findUnguarded(client)];
    for (const invariant of tenantInvariants) looks.push({ subject: invariant.subject, broken: await findBroken(client, invariant) });
    looks.push({ subject: "inbox-owner", broken: await findStrayEvents(client) });
    return looks.map((look) => describe(look, clock.now(), language));
  });
}

type Broken = { readonly company: string; readonly subject: string };
type Look = { readonly subject: string; readonly broken: readonly Broken[] };

function describe({ subject, broken }: Look, seenAt: number, language: Language): GatewayCheck {
  const count = broken.length;
  const examples = broken
    .slice(0, shownExamples)
    .map((each) => `${each.company} ${each.subject}`)
    .join(", ");
  const isOk = count === 0;
  return {
    id: "P13",
    subject,
    state: isOk ? "ok" : "down",
    ...(isOk ? {} : { cause: "tenant-mixed" }),
    summary: say(isOk ? message("companies.check-ok", { rule: subject }) : brokenText(subject, count, examples), language),
    evidence: isOk ? { count } : { count, examples },
    seenAt,
  };
}

function brokenText(rule: string, count: number, examples: string): Message {
  return rule === guards
    ? message("companies.check-unguarded", { count, examples })
    : message("companies.check-broken", { rule, count, examples });
}

/** At most a hundred: that some are wrong is the news, not how many thousand. */
async function findBroken(client: PoolClient, { sql }: TenantInvariant): Promise<readonly Broken[]> {
  return (await client.query<Broken>(`${sql} limit 100`)).rows;
}

/** Tables with a company whose rows are not guarded, or not by force: after a restore by hand, for example. */
async function findUnguarded(client: PoolClient): Promise<Look> {
  const { rows } = await client.query<Broken>(
    `select '–' as company, relname as subject from pg_class
     where relnamespace = 'gateway'::regnamespace and relkind in ('r', 'p') and relname <> 'finding'
       and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'company_id' and attnotnull)
       and not (relrowsecurity and relforcerowsecurity and exists (select from pg_policy where polrelid = pg_class.oid))`,
  );
  return { subject: guards, broken: rows };
}

/** Events that were given to a company nobody knows. The inbox is no table of tenants: it is read outside of any scope. */
async function findStrayEvents(client: PoolClient): Promise<readonly Broken[]> {
  const { rows: companies } = await client.query<{ company_id: string }>("select company_id from gateway.company");
  await leaveCompany(client);
  const { rows } = await client.query<Broken>(
    `select company_id as company, id::text as subject from gateway.inbox_event
     where received_at > now() - interval '1 day' and not company_id = any ($1) limit 100`,
    [companies.map(({ company_id }) => company_id)],
  );
  return rows;
}
