import type { Pool } from "pg";
import { z } from "zod";
import type { Clock } from "../../../kernel/clock.ts";
import { Failure, whatFailed } from "../../../kernel/failure.ts";
import { newId } from "../../../kernel/ids.ts";
import { message, type Message } from "../../../kernel/message.ts";
import { asCompany } from "../tenant.ts";
import type { IntegrationVendors } from "./integration-vendors.ts";
import { lookAtVendors } from "./look-at-integration.ts";
import { isSameBinding, planReset, type ResetPlan, type ResetStep, type WantedIntegration } from "./plan-reset.ts";

/** What became of one step. `kept`: somebody has changed it since, so it was left alone. `planned`: a dry run would do it. */
export type StepReport = {
  readonly step: ResetStep;
  readonly state: "done" | "failed" | "kept" | "nothing-to-do" | "planned";
  readonly reason?: Message;
};

export type ResetReport = {
  /** Absent when nothing differed: then nothing was written either. */
  readonly snapshotId?: string;
  readonly steps: readonly StepReport[];
  /** What the vendors still have otherwise, read anew at the end; absent when they could not be read: then nothing is verified. */
  readonly left?: ResetPlan;
  readonly unread?: Message;
  readonly isVerified: boolean;
};

export type ResetTools = {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly vendors: IntegrationVendors;
  readonly companyId: string;
  readonly signal: AbortSignal;
};

/**
 * Writes a plan to the vendors: what was there is kept first, and only what differs is written. A step that fails does not
 * stop the others; all of it is read anew at the end. May be run again: it goes on with what still differs.
 */
export async function resetIntegration(wanted: WantedIntegration, plan: ResetPlan, tools: ResetTools): Promise<ResetReport> {
  const { pool, clock, vendors, companyId, signal } = tools;
  if (plan.steps.length === 0) return { steps: [], left: plan, isVerified: plan.forHumans.length === 0 };
  const snapshotId = newId("snap");
  await asCompany(pool, companyId, async (client) => {
    await client.query(
      "insert into gateway.snapshot (snapshot_id, company_id, taken_at, reason, content) values ($1, $2, to_timestamp($3::float8 / 1000), 'reset-integration', $4)",
      [snapshotId, companyId, clock.now(), JSON.stringify({ steps: plan.steps })],
    );
  });
  const steps: StepReport[] = [];
  for (const step of plan.steps) steps.push(await tryStep(step, () => write(vendors, step, "to", signal)));
  try {
    const left = planReset(wanted, await lookAtVendors(wanted, vendors, signal));
    return { snapshotId, steps, left, isVerified: left.steps.length === 0 && left.forHumans.length === 0 };
  } catch (error) {
    // What was written must be reported all the same, and above all the way back.
    return { snapshotId, steps, unread: whatFailed(error), isVerified: false };
  }
}

export type UndoReport = { readonly steps: readonly StepReport[]; readonly unread?: Message; readonly isVerified: boolean };

/**
 * Brings back what a reset found, last step first. What somebody has changed since is left alone and said.
 * @throws {Failure} not-found when the company has no such snapshot
 */
export async function undoReset(snapshotId: string, tools: ResetTools, { isDryRun = false } = {}): Promise<UndoReport> {
  const { pool, clock, vendors, companyId, signal } = tools;
  const stored = await readSnapshot(pool, companyId, snapshotId);
  const steps: StepReport[] = [];
  for (const step of stored.toReversed()) steps.push(await takeBack(step, vendors, signal, isDryRun));
  if (isDryRun) return { steps, isVerified: false };
  try {
    for (const step of stored) if (!isAt(step, await readNow(vendors, step, signal), "from")) return { steps, isVerified: false };
  } catch (error) {
    return { steps, unread: whatFailed(error), isVerified: false };
  }
  await asCompany(pool, companyId, async (client) => {
    await client.query("update gateway.snapshot set restored_at = to_timestamp($2::float8 / 1000) where snapshot_id = $1", [
      snapshotId,
      clock.now(),
    ]);
  });
  return { steps, isVerified: true };
}

async function takeBack(step: ResetStep, vendors: IntegrationVendors, signal: AbortSignal, isDryRun: boolean): Promise<StepReport> {
  let now: Now;
  try {
    now = await readNow(vendors, step, signal);
  } catch (error) {
    return { step, state: "failed", reason: whatFailed(error) };
  }
  if (isAt(step, now, "from")) return { step, state: "nothing-to-do" };
  if (!isAt(step, now, "to")) return { step, state: "kept", reason: message("companies.reset-changed-since") };
  return isDryRun ? { step, state: "planned" } : await tryStep(step, () => write(vendors, step, "from", signal));
}

const bindingSchema = z.array(
  z.object({ agentId: z.string(), agentVersion: z.union([z.number(), z.string()]).exactOptional(), weight: z.number() }),
);
const snapshotSchema = z.object({
  steps: z.array(
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("bind-agents"), number: z.string(), from: bindingSchema, to: bindingSchema }),
      z.object({ kind: z.literal("set-webhook"), agentId: z.string(), from: z.string().nullable(), to: z.string() }),
    ]),
  ),
});

async function readSnapshot(pool: Pool, companyId: string, snapshotId: string): Promise<readonly ResetStep[]> {
  const { rows } = await asCompany(pool, companyId, (client) =>
    client.query<{ snapshot_id: string; content: unknown }>(
      "select snapshot_id, content from gateway.snapshot where reason = 'reset-integration' order by taken_at desc limit 20",
    ),
  );
  const found = rows.find(({ snapshot_id }) => snapshot_id === snapshotId);
  if (found !== undefined) return snapshotSchema.parse(found.content).steps;
  const known = rows.map(({ snapshot_id }) => snapshot_id).join(", ");
  throw new Failure(
    "not-found",
    message("companies.no-snapshot", { snapshot: snapshotId, company: companyId }),
    message("companies.no-snapshot-next", { known: known === "" ? "–" : known }),
  );
}

async function tryStep(step: ResetStep, work: () => Promise<void>): Promise<StepReport> {
  try {
    await work();
    return { step, state: "done" };
  } catch (error) {
    return { step, state: "failed", reason: whatFailed(error) };
  }
}

async function write(vendors: IntegrationVendors, step: ResetStep, side: "from" | "to", signal: AbortSignal): Promise<void> {
  if (step.kind === "bind-agents") await vendors.bindAgents(step.number, step[side], signal);
  else await vendors.setWebhook(step.agentId, step[side], signal);
}

type Now = Awaited<ReturnType<IntegrationVendors["boundAgents"]>> | Awaited<ReturnType<IntegrationVendors["agent"]>>;

async function readNow(vendors: IntegrationVendors, step: ResetStep, signal: AbortSignal): Promise<Now> {
  return step.kind === "bind-agents"
    ? await vendors.boundAgents(step.number, signal)
    : await vendors.agent(step.agentId, undefined, signal);
}

function isAt(step: ResetStep, now: Now, side: "from" | "to"): boolean {
  if (now === undefined) return false;
  if (step.kind === "bind-agents") return "length" in now && isSameBinding(now, step[side]);
  return !("length" in now) && now.webhookUrl === step[side];
}
