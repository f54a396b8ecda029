import { listCompanies } from "../../gateway/companies/overview.ts";
import { openIntegrationVendors } from "../../gateway/companies/reset/integration-vendors.ts";
import { lookAtVendors, readWanted } from "../../gateway/companies/reset/look-at-integration.ts";
import { planReset, type ResetPlan, type ResetStep } from "../../gateway/companies/reset/plan-reset.ts";
import {
  resetIntegration,
  undoReset,
  type ResetReport,
  type ResetTools,
  type StepReport,
  type UndoReport,
} from "../../gateway/companies/reset/reset-integration.ts";
import { exitCodes, Failure } from "../../kernel/failure.ts";
import { message, say, type Language, type Message } from "../../kernel/message.ts";
import { usage } from "../arguments.ts";
import { done, type Command, type Outcome } from "../command.ts";
import { exitOfLook, expectNothing } from "../expect-nothing.ts";
import type { Screen } from "../screen.ts";
import { companyMissing, isCompanyId, openCompanyStore } from "./company-store.ts";

/** What differs at the vendors goes back to what our database says; what was there is kept and can be brought back. */
export const companyReset: Command = {
  words: [],
  options: {
    id: { value: "ID", what: message("option.company-id") },
    undo: { value: "SNAPSHOT", what: message("option.reset-undo") },
    ...expectNothing,
  },
  details: message("companies.reset-details"),
  async run({ app, screen, values, isDryRun, signal }) {
    const companyId = values.get("id");
    if (companyId === undefined) throw usage("company:reset-integration", message("companies.id-missing"));
    const { config } = await app.loaded();
    const settings = config.gateway;
    if (settings === undefined) throw new Failure("config-missing", message("companies.no-gateway"), message("companies.no-gateway-next"));
    const pool = await openCompanyStore(app);
    const webhookUrl = `${settings.publicUrl.replace(/\/+$/, "")}/webhooks/retell`;
    const company = isCompanyId(companyId) ? await readWanted(pool, companyId, webhookUrl) : undefined;
    if (company === undefined) {
      const known = await listCompanies(pool, app.clock.now());
      throw companyMissing(
        companyId,
        known.map((each) => each.companyId),
      );
    }
    screen.tell(message("companies.reset-company", { company: companyId, name: company.name }), "strong");
    const { clock } = app;
    const vendors = openIntegrationVendors({ pool, clock, settings, companyId, keys: company });
    const tools: ResetTools = { pool, clock, vendors, companyId, signal };
    try {
      const snapshotId = values.get("undo");
      if (snapshotId !== undefined) {
        const report = await undoReset(snapshotId, tools, { isDryRun });
        return showUndo({ companyId, snapshotId, isDryRun }, report, screen);
      }
      const plan = planReset(company.wanted, await lookAtVendors(company.wanted, vendors, signal));
      return isDryRun
        ? showPlan(
            companyId,
            plan,
            screen,
            exitOfLook("company:reset-integration", { values }, plan.steps.length + plan.forHumans.length > 0),
          )
        : showReport(companyId, await resetIntegration(company.wanted, plan, tools), screen);
    } finally {
      await vendors.close();
    }
  },
};

function showReport(companyId: string, report: ResetReport, screen: Screen): Outcome {
  const { language } = screen;
  const { snapshotId, steps, left, unread, isVerified } = report;
  const document = {
    companyId,
    snapshotId,
    ...describe(steps, language),
    ...(left === undefined ? {} : { left: describePlan(left, language) }),
    ...(unread === undefined ? {} : { unread: say(unread, language) }),
    isVerified,
  };
  const end = isVerified
    ? message(steps.length === 0 ? "companies.reset-nothing" : "companies.reset-verified")
    : message("companies.reset-not-verified");
  const lines = [
    ...reportLines(steps, screen),
    ...(left === undefined ? [] : humanLines(left, screen)),
    ...(unread === undefined ? [] : [message("companies.reset-unread", { reason: unread })]),
    ...(snapshotId === undefined ? [] : [message("companies.reset-undo-hint", { company: companyId, snapshot: snapshotId })]),
    end,
  ];
  return done(document, lines, isVerified ? exitCodes.allClear : exitCodes.refused);
}

function showUndo(about: { companyId: string; snapshotId: string; isDryRun: boolean }, report: UndoReport, screen: Screen): Outcome {
  const { steps, unread, isVerified } = report;
  const unreadLines = unread === undefined ? [] : [message("companies.reset-unread", { reason: unread })];
  const document = { ...about, ...describe(steps, screen.language), isVerified };
  if (about.isDryRun) return done(document, [...reportLines(steps, screen), message("companies.reset-dry")]);
  const end = message(isVerified ? "companies.reset-undone" : "companies.reset-not-undone");
  return done(document, [...reportLines(steps, screen), ...unreadLines, end], isVerified ? exitCodes.allClear : exitCodes.refused);
}

function showPlan(companyId: string, plan: ResetPlan, screen: Screen, exitCode: number): Outcome {
  const lines = plan.steps.map((step) => `~ ${say(stepText(step), screen.language)}`);
  const none = plan.steps.length === 0 && plan.forHumans.length === 0 ? [message("companies.reset-nothing")] : [];
  const document = { companyId, isDryRun: true, plan: describePlan(plan, screen.language) };
  return done(document, [...lines, ...humanLines(plan, screen), ...none, message("companies.reset-dry")], exitCode);
}

function describePlan({ steps, forHumans }: ResetPlan, language: Language): object {
  return { steps, forHumans: forHumans.map((what) => say(what, language)) };
}

function describe(steps: readonly StepReport[], language: Language): object {
  return {
    steps: steps.map(({ step, state, reason }) => ({ ...step, state, ...(reason === undefined ? {} : { reason: say(reason, language) }) })),
  };
}

function reportLines(steps: readonly StepReport[], screen: Screen): string[] {
  const { language } = screen;
  const signs = {
    done: screen.style("✓", "good"),
    failed: screen.style("✗", "bad"),
    kept: screen.style("!", "warn"),
    "nothing-to-do": "·",
    planned: "~",
  };
  return steps.map(
    ({ step, state, reason }) =>
      `${signs[state]} ${say(stepText(step), language)}${reason === undefined ? "" : `: ${say(reason, language)}`}`,
  );
}

function humanLines({ forHumans }: ResetPlan, screen: Screen): string[] {
  return forHumans.map((what) => `${screen.style("!", "warn")} ${say(what, screen.language)}`);
}

function stepText(step: ResetStep): Message {
  if (step.kind === "set-webhook") return message("companies.step-webhook", { agent: step.agentId, from: step.from ?? "–", to: step.to });
  const names = (agents: typeof step.from): string =>
    agents.map(({ agentId, agentVersion }) => `${agentId}${agentVersion === undefined ? "" : ` v${agentVersion}`}`).join(", ") || "–";
  return message("companies.step-bind", { number: step.number, from: names(step.from), to: names(step.to) });
}
