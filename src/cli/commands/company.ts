import { listCompanies, readCompany, showField, type CompanyEntry, type CompanyLine } from "../../gateway/companies/overview.ts";
import { message, say } from "../../kernel/message.ts";
import { done, type Command } from "../command.ts";
import type { Line } from "../line.ts";
import type { Screen } from "../screen.ts";
import { companyMissing, isCompanyId, openCompanyStore } from "./company-store.ts";

export const companyList: Command = {
  words: [],
  options: {},
  async run({ app, screen }) {
    const companies = await listCompanies(await openCompanyStore(app), app.clock.now());
    return done(
      { companies },
      companies.length === 0
        ? [message("companies.none"), message("companies.none-next")]
        : companies.flatMap((company) => listLines(company, screen)),
    );
  },
};

export const companyShow: Command = {
  words: ["ID"],
  options: {},
  async run({ app, screen, words: [companyId = ""] }) {
    const pool = await openCompanyStore(app);
    const picture = isCompanyId(companyId) ? await readCompany(pool, companyId) : undefined;
    if (picture === undefined) {
      const known = await listCompanies(pool, app.clock.now());
      throw companyMissing(
        companyId,
        known.map((company) => company.companyId),
      );
    }
    const { customerCount, ...kinds } = picture;
    const lines = (Object.keys(kinds) as (keyof typeof kinds)[]).flatMap((kind): Line[] => {
      const entries = kinds[kind];
      if (kind === "company") return entries.flatMap((entry) => entryLines(kind, entry, screen, ""));
      const title = say(message(`companies.kind-${kind}`), screen.language);
      return entries.length === 0
        ? []
        : [
            "",
            screen.style(`${title} (${entries.length})`, "strong"),
            ...entries.flatMap((entry) => entryLines(kind, entry, screen, "  ")),
          ];
    });
    return done({ companyId, ...picture }, [...lines, "", message("companies.customer-count", { count: customerCount })]);
  },
};

function listLines(
  { companyId, name, isActive, callsToday, nextAppointments, waitingCallbacks, ...counts }: CompanyLine,
  screen: Screen,
): Line[] {
  const state = isActive ? screen.style("●", "good") : screen.style("○", "dim");
  const off = isActive ? "" : ` (${say(message("companies.is-off"), screen.language)})`;
  const { branches, numbers, services, staff } = counts;
  return [
    `${state} ${companyId}  ${screen.style(`${name}${off}`, "strong")}`,
    `  ${say(message("companies.counts", { branches, numbers, services, staff }), screen.language)}`,
    `  ${say(message("companies.traffic", { calls: callsToday, appointments: nextAppointments, callbacks: waitingCallbacks }), screen.language)}`,
  ];
}

/** Name and id in one line, everything that holds something below; what is empty or usual is left out. */
function entryLines(kind: Parameters<typeof showField>[0], { id, fields }: CompanyEntry, screen: Screen, indent: string): Line[] {
  const { name, isActive, ...rest } = fields;
  const off = isActive === false ? `  (${say(message("companies.is-off"), screen.language)})` : "";
  const details = Object.entries(rest).flatMap(([field, value]) => {
    const text = value === null ? "" : showField(kind, field, value);
    return text === "" ? [] : [`${field}: ${text}`];
  });
  const title = typeof name === "string" ? `${id}  ${name}` : id;
  return [`${indent}${title}${off}`, ...(details.length === 0 ? [] : [screen.style(`${indent}  ${details.join(" · ")}`, "dim")])];
}
