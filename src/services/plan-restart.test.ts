import fc from "fast-check";
import { expect, test } from "vitest";
import { planRestart, type ServiceNode } from "./plan-restart.ts";

const world: ServiceNode[] = [
  { name: "web", dependsOn: ["fpm"] },
  { name: "fpm", dependsOn: ["db", "redis"] },
  { name: "worker", dependsOn: ["redis", "db"] },
  { name: "redis", dependsOn: [] },
  { name: "db", dependsOn: [], isDatabase: true },
  { name: "mail", dependsOn: [] },
];
const order = (...down: string[]): string[] => planRestart(world, down).restarts.map(({ name }) => name);

test("dependencies come before what needs them, and only what is sick is touched", () => {
  expect(order("web", "fpm")).toEqual(["fpm", "web"]);
  expect(order("worker", "redis")).toEqual(["redis", "worker"]);
  expect(order()).toEqual([]);
});

test("a sick database comes after all that does not need it, before all that does, and is marked as last resort", () => {
  const plan = planRestart(world, ["worker", "db", "mail", "redis", "web"]);
  expect(plan.restarts.map(({ name }) => name)).toEqual(["redis", "mail", "db", "web", "worker"]);
  expect(plan.restarts.filter(({ isLastResort }) => isLastResort).map(({ name }) => name)).toEqual(["db"]);
});

test("healthy dependants are looked at again, not restarted; unknown names are told", () => {
  expect(planRestart(world, ["redis", "nobody"])).toMatchObject({ recheck: ["web", "fpm", "worker"], unknown: ["nobody"] });
});

test("whatever the graph, circles too: each sick service exactly once, and no dependency after its dependant unless in a circle", () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const graph = fc.tuple(
    ...names.map((name) => fc.record({ name: fc.constant(name), dependsOn: fc.subarray(names), isDatabase: fc.boolean() })),
  );
  fc.assert(
    fc.property(graph, fc.subarray(names), (services, down) => {
      const planned = planRestart(services, down).restarts.map(({ name }) => name);
      expect([...planned].toSorted()).toEqual([...down].toSorted());
      const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
        (services.find(({ name }) => name === from)?.dependsOn ?? []).some(
          (next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))),
        );
      for (const [index, name] of planned.entries()) {
        for (const later of planned.slice(index + 1)) if (reaches(name, later)) expect(reaches(later, name)).toBe(true);
      }
    }),
  );
});
