import { readFile, writeFile } from "node:fs/promises";
import { message, say } from "../../kernel/message.ts";
import { causes, type Cause } from "../../probes/cause.ts";
import { findPlaybook } from "../../playbooks/catalogue.ts";
import { formatPlaybook } from "../../playbooks/format.ts";
import { lintPlaybook, type LintFinding } from "../../playbooks/lint.ts";
import { planRun } from "../../playbooks/plan.ts";
import { describeProblem } from "../../playbooks/problem.ts";
import { inputFor } from "../../responder/respond.ts";
import { ordersOf, refusing, type PlannedRun } from "../../responder/main-job.ts";
import { usage } from "../arguments.ts";
import { done, type Call, type Command } from "../command.ts";
import { zoneTones } from "../show-picture.ts";
import { planDocument, planLines } from "../show-plan.ts";

export const playbookList: Command = {
  words: [],
  options: {},
  async run({ app, screen }) {
    const { playbooks, problems } = await app.playbooks();
    return done(
      {
        playbooks: playbooks.map(({ id, zone, title, triggers, owner, reviewBy, path }) => ({
          id,
          zone,
          title,
          triggers,
          owner,
          reviewBy,
          path,
        })),
        problems: problems.length,
      },
      [
        ...playbooks.map(
          ({ id, zone, title, triggers }) =>
            `${screen.style("●", zoneTones[zone])} ${id.padEnd(24)} ${title}  ${screen.style(triggers.join(", "), "dim")}`,
        ),
        ...problems.map(
          (problem) => `${screen.style("✗", "bad")} ${problem.path}:${problem.line} ${say(describeProblem(problem), screen.language)}`,
        ),
      ],
    );
  },
};

export const playbookShow: Command = {
  words: ["PLAYBOOK"],
  options: {},
  async run({ app, words: [name = ""] }) {
    const { id, zone, path, hash, text, steps } = findPlaybook(await app.playbooks(), name);
    return done({ id, zone, path, hash, text, steps: steps.map((step) => ({ name: step.name, risk: step.risk, hash: step.hash })) }, [
      text.trimEnd(),
    ]);
  },
};

export const playbookLint: Command = {
  words: ["[FILE…]"],
  options: {},
  async run({ app, words, screen }) {
    const catalogue = await app.playbooks();
    const paths = words.length > 0 ? words : [...new Set([...catalogue.playbooks, ...catalogue.problems].map(({ path }) => path))];
    const playbookIds = new Set(catalogue.playbooks.map(({ id }) => id));
    const findings: LintFinding[] = [];
    for (const path of paths) {
      const text = await readText(path);
      findings.push(...lintPlaybook(text, path, { now: app.clock.now(), commands: app.commands, playbookIds }));
    }
    const errors = findings.filter(({ severity }) => severity === "error").length;
    const { language } = screen;
    return done(
      {
        findings: findings.map((finding) => ({
          ...finding,
          message: say(finding.message, language),
          safeWay: say(finding.safeWay, language),
        })),
        errors,
      },
      [
        ...findings.flatMap((finding) => [
          `${screen.style(finding.severity === "error" ? "✗" : "!", finding.severity === "error" ? "bad" : "warn")} ${finding.path}:${finding.line} ${finding.rule}: ${say(finding.message, language)}`,
          `    ${screen.style(finding.excerpt, "dim")}`,
          `    → ${say(finding.safeWay, language)}`,
        ]),
        message("playbook.lint-summary", { files: paths.length, errors, warnings: findings.length - errors }),
      ],
      errors > 0 ? 2 : 0,
    );
  },
};

export const playbookFormat: Command = {
  words: ["FILE…"],
  options: {},
  async run({ words, isDryRun }) {
    const changed: string[] = [];
    for (const path of words) {
      const text = await readText(path);
      const formatted = formatPlaybook(text, path);
      if (formatted === text) continue;
      changed.push(path);
      if (!isDryRun) await writeFile(path, formatted);
    }
    return done({ changed, isDryRun }, changed.length === 0 ? [message("playbook.fmt-same")] : changed);
  },
};

/** Options by which a person says what a playbook is to act on, when no finding says so. */
export const targetOptions = {
  subject: { value: "NAME", what: message("option.subject") },
  host: { value: "HOST", what: message("option.host") },
  cause: { value: "CAUSE", what: message("option.cause") },
  set: { value: "NAME=VALUE,…", what: message("option.set") },
} as const;

export const playbookPlan: Command = {
  words: ["PLAYBOOK"],
  options: targetOptions,
  async run(call) {
    const plan = await planOf(call, "playbook:plan");
    return done(planDocument(plan, call.screen), planLines(plan, call.screen), plan.refusals.length > 0 ? 2 : 0);
  },
};

/** The input a run would begin with, from what the person named and what the configuration knows. */
export async function inputOf({ app, words: [name = ""], values, screen }: Call, command: string): Promise<ReturnType<typeof inputFor>> {
  const playbook = findPlaybook(await app.playbooks(), name);
  const { config } = await app.loaded();
  const subject = values.get("subject") ?? "local";
  const cause = values.get("cause") ?? playbook.triggers[0]?.split(":")[0] ?? "unreachable";
  if (!(cause in causes)) throw usage(command, message("option.cause-unknown", { cause, known: Object.keys(causes).join(", ") }));
  const host = values.get("host") ?? config.services[subject]?.host ?? "local";
  const given = Object.fromEntries(
    (values.get("set") ?? "")
      .split(",")
      .filter((pair) => pair !== "")
      .map((pair) => splitPair(pair, command)),
  );
  const orders = ordersOf(config, screen.isInteractive);
  const finding = { cause: cause as Cause, subject, host, zone: playbook.zone };
  const input = inputFor(playbook, finding, undefined, orders);
  return { ...input, parameters: { ...input.parameters, ...given } };
}

export async function planOf(call: Call, command: string): Promise<PlannedRun> {
  const { host, ...input } = await inputOf(call, command);
  const playbook = findPlaybook(await call.app.playbooks(), call.words[0] ?? "");
  const { config } = await call.app.loaded();
  const hosts = new Set(Object.keys(config.hosts));
  const refusals = refusing(call.app, config, (await call.app.playbooks()).playbooks)(playbook, { ...input, host });
  return { ...planRun(playbook, { ...input, subjectHost: host, hosts }), refusals, subject: input.subject };
}

function splitPair(pair: string, command: string): [string, string] {
  const at = pair.indexOf("=");
  if (at < 1) throw usage(command, message("option.set-wrong", { pair }));
  return [pair.slice(0, at), pair.slice(at + 1)];
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw usage("playbook:lint", message("playbook.unreadable", { path, reason: (error as NodeJS.ErrnoException).code ?? "" }));
  }
}
