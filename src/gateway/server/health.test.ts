import { expect, test } from "vitest";
import { describeHealth, judgeHealth, type HealthFacts } from "./health.ts";

const now = 1_800_000_000_000;
const well: HealthFacts = {
  now,
  startedAt: now - 3_600_000,
  place: { at: "store" },
  hasDatabase: true,
  isLeader: true,
  writtenAt: now - 500,
  refusedAt: 0,
  directoryAsOf: now - 1000,
  spool: { bytes: 0, oldestAt: undefined, maxBytes: 1000 },
  backlog: { seenAt: now - 1000, counts: {} },
  jobs: [{ name: "findings", runsOn: "each", everyMs: 1000, lastStart: now - 900, lastSuccess: now - 900, failures: 0 }],
  breakers: [{ vendor: "retell", state: "closed" }],
  switches: [],
  checks: [],
  findings: {},
};
const words = (facts: Partial<HealthFacts>): string[] => judgeHealth({ ...well, ...facts }).map(({ what }) => what);

test.each<[string, Partial<HealthFacts>, string[]]>([
  ["all is well", {}, []],
  ["the spool has taken over", { place: { at: "spool", since: 0, reason: "refused" } }, ["database-not-taking"]],
  ["the last write is old", { writtenAt: now - 11_000 }, ["database-write-stale"]],
  ["it has only just started", { writtenAt: 0, startedAt: now - 1000 }, []],
  ["there is no database", { hasDatabase: false, place: { at: "spool", since: 0, reason: "none" }, writtenAt: 0 }, ["no-database"]],
  ["the spool is nearly full", { spool: { bytes: 900, oldestAt: now, maxBytes: 1000 } }, ["spool-nearly-full"]],
  ["a job is late", { jobs: well.jobs.map((job) => ({ ...job, lastSuccess: now - 60_000 })) }, ["job-late findings"]],
  [
    "a job of another's leader is theirs",
    { isLeader: false, jobs: well.jobs.map((job) => ({ ...job, runsOn: "leader" as const, lastSuccess: 0 })) },
    [],
  ],
  ["a breaker is open", { breakers: [{ vendor: "retell", state: "open" }] }, ["breaker-open retell"]],
  [
    "a look was not possible",
    { checks: [{ id: "P1", subject: "calls", state: "unknown", summary: "", evidence: {}, seenAt: now }] },
    ["check-unknown P1 calls"],
  ],
])("%s", (_, facts, expected) => {
  expect(words(facts)).toEqual(expected);
});

test("only deliveries that were refused take a gateway out of service", () => {
  expect(describeHealth({ ...well, breakers: [{ vendor: "retell", state: "open" }] }).status).toBe(200);
  expect(describeHealth({ ...well, refusedAt: now - 5000 })).toMatchObject({ status: 503, page: { state: "down" } });
  expect(describeHealth({ ...well, refusedAt: now - 60_000 }).status).toBe(200);
});
