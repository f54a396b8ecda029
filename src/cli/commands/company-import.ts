import { printProblem } from "../../config/problem.ts";
import { importCompanies, type ImportResult } from "../../gateway/companies/import/import-companies.ts";
import type { ImportChange } from "../../gateway/companies/import/plan-import.ts";
import { readImport } from "../../gateway/companies/import/read-import.ts";
import { showField } from "../../gateway/companies/overview.ts";
import { exitCodes } from "../../kernel/failure.ts";
import { message, say } from "../../kernel/message.ts";
import { done, type Command, type Outcome } from "../command.ts";
import type { Line } from "../line.ts";
import type { Screen } from "../screen.ts";
import { openCompanyStore } from "./company-store.ts";

/** All or nothing, in one transaction; with `--dry-run` the same, taken back at the end. */
export const companyImport: Command = {
  words: ["FILE…"],
  options: {},
  details: message("companies.import-details"),
  async run({ app, screen, words, isDryRun }) {
    const file = await readImport(words);
    const result = await importCompanies(await openCompanyStore(app), file, { isDryRun });
    return result.problems.length > 0 ? showProblems(result, screen) : showChanges(result, screen, isDryRun);
  },
};

function showProblems({ problems }: ImportResult, screen: Screen): Outcome {
  const { language } = screen;
  return done(
    {
      isWritten: false,
      problems: problems.map((problem) => ({ ...problem, what: say(problem.what, language), instead: say(problem.instead, language) })),
    },
    [
      ...problems.map((problem) => `${screen.style("✗", "bad")} ${printProblem(problem, language)}`),
      message("companies.import-refused", { count: problems.length }),
    ],
    exitCodes.usage,
  );
}

function showChanges({ changes, unchangedCount, isWritten }: ImportResult, screen: Screen, isDryRun: boolean): Outcome {
  const count = (action: ImportChange["action"]): number => changes.filter((change) => change.action === action).length;
  const counts = { added: count("add"), changed: count("change"), unchanged: unchangedCount, left: count("left") };
  const summary = isDryRun ? message("companies.import-would", counts) : message("companies.import-done", counts);
  return done({ isDryRun, isWritten, ...counts, changes }, [...changes.flatMap((change) => changeLines(change, screen)), summary]);
}

function changeLines(change: ImportChange, screen: Screen): Line[] {
  const { language } = screen;
  const kind = say(message(`companies.one-${change.kind}`), language);
  const name = `${kind} ${change.id}${change.kind === "company" ? "" : ` (${change.companyId})`}`;
  if (change.action === "left") {
    const off = change.isActive ? "" : `, ${say(message("companies.is-off"), language)}`;
    return [screen.style(`· ${name}: ${say(message("companies.is-left"), language)}${off}`, "dim")];
  }
  if (change.action === "add") return [`${screen.style("+", "good")} ${name}`];
  return [
    `${screen.style("~", "warn")} ${name}`,
    ...change.fields.map(
      ({ field, from, to }) => `    ${field}: ${showField(change.kind, field, from)} → ${showField(change.kind, field, to)}`,
    ),
  ];
}
