/** A service as far as its place among the others goes. */
export type ServiceNode = {
  readonly name: string;
  /** Names of services it cannot work without. */
  readonly dependsOn: readonly string[];
  /** A database is touched last of all that does not need it, and never without a look at its disk and journal. */
  readonly isDatabase?: boolean;
};

export type PlannedRestart = { readonly name: string; readonly isLastResort: boolean };

export type RestartPlan = {
  /** What is sick, in the order in which it is to be brought back. */
  readonly restarts: readonly PlannedRestart[];
  /** Healthy services that stand on a restarted one: not touched, but looked at again afterwards. */
  readonly recheck: readonly string[];
  /** Names that no service has. */
  readonly unknown: readonly string[];
};

/**
 * Only what is sick, dependencies before what needs them. A sick database comes after every sick service that does not need it
 * and before those that do: bringing those back first could not succeed. Circles are broken in the order of the list.
 */
export function planRestart(services: readonly ServiceNode[], downNames: readonly string[]): RestartPlan {
  const byName = new Map(services.map((service) => [service.name, service]));
  const down = new Set(downNames.filter((name) => byName.has(name)));
  const needs = (name: string): Set<string> => reach(name, (one) => byName.get(one)?.dependsOn ?? []);
  const sickDatabases = new Set([...down].filter((name) => byName.get(name)?.isDatabase === true));
  const stands = (name: string): boolean => [...needs(name)].some((needed) => sickDatabases.has(needed));
  const ordered = orderByDependency(
    services.map(({ name }) => name).filter((name) => down.has(name)),
    needs,
  );
  const first = ordered.filter((name) => !sickDatabases.has(name) && !stands(name));
  const rest = ordered.filter((name) => !first.includes(name));
  const restarts = [...first, ...rest].map((name) => ({ name, isLastResort: sickDatabases.has(name) }));
  const recheck = services.map(({ name }) => name).filter((name) => !down.has(name) && [...needs(name)].some((needed) => down.has(needed)));
  return { restarts, recheck, unknown: downNames.filter((name) => !byName.has(name)) };
}

/** Everything that can be reached from a name, the name itself left out. */
function reach(from: string, next: (name: string) => readonly string[]): Set<string> {
  const seen = new Set<string>();
  const waiting = [...next(from)];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name) || name === from) continue;
    seen.add(name);
    waiting.push(...next(name));
  }
  return seen;
}

/** Always the first one left that needs no other one left, unless both need each other. */
function orderByDependency(names: readonly string[], needs: (name: string) => ReadonlySet<string>): string[] {
  const left = [...names];
  const order: string[] = [];
  while (left.length > 0) {
    const index = left.findIndex((name) => left.every((other) => other === name || !needs(name).has(other) || needs(other).has(name)));
    // There is always one: of the circles left, one needs no other circle.
    order.push(...left.splice(Math.max(0, index), 1));
  }
  return order;
}
