import { expect, test } from "vitest";
import { parseVendorStatus } from "./vendor-status.ts";

test.each<[string, unknown, readonly string[] | undefined]>([
  [
    "a Statuspage where all is well",
    {
      page: { id: "x" },
      status: { indicator: "none", description: "All Systems Operational" },
      components: [{ name: "API", status: "operational" }],
      incidents: [],
    },
    [],
  ],
  [
    "a Statuspage with sick components, groups left out, calls first",
    {
      status: { indicator: "minor", description: "Partial" },
      components: [
        { name: "Dashboard", status: "partial_outage" },
        { name: "End to End Calling", status: "degraded_performance", group: true },
        { name: "API", status: "major_outage" },
        { name: "Phone Call", status: "degraded_performance", group: false },
      ],
      incidents: [
        { name: "Calls drop", status: "investigating" },
        { name: "Old", status: "resolved" },
      ],
    },
    ["Phone Call degraded performance", "API major outage", "Dashboard partial outage", "Calls drop"],
  ],
  ["a page that only has an overall word", { status: { indicator: "major", description: "Major Outage" } }, ["Major Outage"]],
  ["a page that has only the indicator", { status: { indicator: "degraded" } }, ["degraded"]],
  ["JSON of somebody else", { ok: true }, undefined],
  ["no JSON", undefined, undefined],
  ["a list", [], undefined],
])("%s", (_, json, troubles) => {
  expect(parseVendorStatus(json)?.troubles).toEqual(troubles);
});

test("a stranger's text stays short and on one line", () => {
  const [only] = parseVendorStatus({ components: [], incidents: [{ name: `a\nb ${"x".repeat(500)}` }] })?.troubles ?? [];
  expect(only).toMatch(/^a b x+$/);
  expect(only).toHaveLength(120);
});
