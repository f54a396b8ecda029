import fc from "fast-check";
import { expect, test } from "vitest";
import { decideSchema, decideTable, tableRuleSchema, type TableBaseline, type TableSight } from "./table-watch.ts";

const hour = 3_600_000;
const rule = tableRuleSchema.parse({});
const sight = (rows: number, tableId = "1"): TableSight => ({ state: "seen", rows, isCapped: false, identity: { tableId } });

/** Looks once an hour; returns the last decision and every cause seen. */
function watch(
  sights: readonly TableSight[],
  given = rule,
  windowMs = 24 * hour,
): { causes: (string | undefined)[]; baseline: TableBaseline | undefined } {
  let baseline: TableBaseline | undefined;
  const causes = sights.map((seen, index) => {
    const decided = decideTable("calls", seen, given, baseline, index * hour, windowMs);
    baseline = decided.baseline;
    return decided.findings[0]?.cause;
  });
  return { causes, baseline };
}

const stories: [string, TableSight[], (string | undefined)[]][] = [
  ["normal growth", [sight(10), sight(11), sight(12)], [undefined, undefined, undefined]],
  ["a drop by exactly the limit is allowed", [sight(10), sight(7)], [undefined, undefined]],
  ["one more is not", [sight(10), sight(6)], [undefined, "data-loss"]],
  [
    "small steps add up against the recent maximum",
    [sight(100), sight(85), sight(72), sight(65)],
    [undefined, undefined, undefined, "data-loss"],
  ],
  [
    "a table that shrinks within the limit per window follows",
    [...Array.from({ length: 30 }, (_, index) => sight(1000 - index * 10))],
    Array.from({ length: 30 }, () => undefined),
  ],
  ["empty on the first look", [sight(0)], ["data-loss"]],
  ["missing on the first look", [{ state: "missing" }], ["data-loss"]],
  ["gone, then back with its rows", [sight(10), { state: "missing" }, sight(10)], [undefined, "data-loss", undefined]],
  ["gone, then back without", [sight(10), { state: "missing" }, sight(2), sight(2)], [undefined, "data-loss", "data-loss", "data-loss"]],
  ["created anew with more rows", [sight(10), sight(12, "2"), sight(13, "2")], [undefined, "schema-changed", "schema-changed"]],
  ["created anew with fewer", [sight(10), sight(9, "2")], [undefined, "data-loss"]],
];
test.each(stories)("%s", (_, sights, causes) => {
  expect(watch(sights).causes).toEqual(causes);
});

test("a touched file is no new table where the server's own number says so", () => {
  const touched = (createdAt: string, tableId?: string): TableSight => ({
    state: "seen",
    rows: 5,
    isCapped: false,
    identity: { createdAt, ...(tableId === undefined ? {} : { tableId }) },
  });
  expect(watch([touched("1", "7"), touched("2", "7")]).causes).toEqual([undefined, undefined]);
  expect(watch([touched("1"), touched("2")]).causes).toEqual([undefined, "schema-changed"]);
});

test("law: after a wipe no sequence of small tables is ever called ok", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 10_000 }),
      fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 60 }),
      (rows, after) => {
        const { causes } = watch([sight(rows), ...after.map((count) => sight(count))]);
        expect(causes.slice(1)).toEqual(after.map(() => "data-loss"));
      },
    ),
  );
});

test("law: memory stays small and keeps the maximum of the window", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 80, max: 100 }), { minLength: 1, maxLength: 200 }), (counts) => {
      let baseline: TableBaseline | undefined;
      const everyMs = hour / 7;
      for (const [index, rows] of counts.entries()) {
        ({ baseline } = decideTable("calls", sight(rows), rule, baseline, index * everyMs, 24 * hour));
      }
      const peaks = baseline?.peaks ?? [];
      expect(peaks.length).toBeLessThanOrEqual(28);
      const inside = counts.filter((_, index) => (counts.length - 1 - index) * everyMs <= 22 * hour);
      expect(Math.max(...peaks.map(({ rows }) => rows))).toBeGreaterThanOrEqual(Math.max(...inside));
    }),
  );
});

test("schema: ignored tables may come, go and change", () => {
  const before = { calls: "a", telescope_entries: "b", jobs: "c" };
  const { findings } = decideSchema({ calls: "a" }, before, ["telescope_*", "jobs"]);
  expect(findings).toEqual([]);
  expect(decideSchema({ calls: "x" }, before, []).findings.map(({ message: what }) => what.key)).toEqual(["schema.gone", "schema.changed"]);
});
