import { expect, test } from "vitest";
import { hours, minutes } from "../kernel/clock.ts";
import { decideAutomation } from "./automation.ts";

const limits = { runsPerPlaybookAndHour: 2, runsPerHour: 3 };
const now = hours(100);

function past(...runs: [playbookId: string, minutesAgo: number][]): { playbookId: string; startedAt: number }[] {
  return runs.map(([playbookId, ago]) => ({ playbookId, startedAt: now - minutes(ago) }));
}

test.each([
  ["nothing ran yet", past(), undefined],
  ["once", past(["service-down", 5]), undefined],
  ["twice within the hour", past(["service-down", 5], ["service-down", 59]), "automation.playbook-limit"],
  ["twice, the older one before the hour", past(["service-down", 5], ["service-down", 60]), undefined],
  ["three others", past(["a", 1], ["b", 2], ["c", 3]), "automation.hour-limit"],
])("with %s", (_, runs, expected) => {
  expect(decideAutomation("service-down", runs, limits, now)?.key).toBe(expected);
});
