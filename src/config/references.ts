import { message } from "../kernel/message.ts";
import { localHost } from "./fields.ts";
import { findNearest } from "./nearest.ts";
import type { ConfigProblem, FieldPath } from "./problem.ts";
import { child } from "./schema-walk.ts";
import type { ConfigSource } from "./source.ts";

/** Sections whose entries are subjects: a finding speaks about them, and others may depend on them. */
export const subjectSections = ["hosts", "services", "databases", "queues", "vendors"] as const;

/** Fields of an entry that name an entry of another section. */
const references: Readonly<Record<string, string>> = { host: "hosts", service: "services", redis: "databases", on: "databases" };

/** Sections without entries: `host` is no reference there. */
const ruleSections = ["zones", "damping", "authority", "automation", "playbooks", "people"];

/** Far above any real chain; a generated file beyond it would only exhaust the machine that has to watch. */
const maxEntries = 5_000;

/** A file too crowded to be looked at any further. */
export function findCrowdedSections(source: ConfigSource): ConfigProblem[] {
  return Object.entries(mapping(source.value)).flatMap(([section, entries]) => {
    const count = Object.keys(mapping(entries)).length;
    if (count <= maxEntries) return [];
    const what = message("config.too-many", { count, limit: maxEntries });
    return [source.problemAt([section], what, message("config.too-many-instead"), "key")];
  });
}

type Entry = { readonly path: FieldPath; readonly value: unknown };

/**
 * Names that point nowhere, names used twice, and dependencies that go round in a circle.
 * Works on the file as written, so that it also speaks when other fields are wrong.
 */
export function findReferenceProblems(source: ConfigSource): ConfigProblem[] {
  const root = source.value;
  const names = (section: string): string[] => [
    ...new Set([...(section === "hosts" ? [localHost] : []), ...Object.keys(mapping(child(root, section)))]),
  ];
  const subjects = [...new Set(subjectSections.flatMap(names))];
  const problems: ConfigProblem[] = [];
  const demand = (path: FieldPath, name: unknown, section: string, known: readonly string[]): void => {
    if (typeof name !== "string" || known.includes(name)) return;
    const nearest = findNearest(name, known);
    const list = known.join(", ");
    const instead =
      nearest !== undefined
        ? message("config.nearest-reference", { nearest, names: list })
        : known.length > 0
          ? message("config.possible-references", { name, names: list, section })
          : message("config.no-references", { name, section });
    problems.push(source.problemAt(path, message("config.unknown-reference", { name, section }), instead));
  };

  for (const section of Object.keys(mapping(root)).filter((name) => !ruleSections.includes(name))) {
    for (const [name, entry] of Object.entries(mapping(child(root, section)))) {
      const path = [section, name];
      for (const [field, target] of Object.entries(references)) {
        // Inside `probes` these words may be a field of the probe itself; only `host` is ours everywhere.
        if (field !== "host" && !isOurs(section, field)) continue;
        demand([...path, field], child(entry, field), target, names(target));
      }
      const dependsOn = child(entry, "dependsOn");
      if (!Array.isArray(dependsOn)) continue;
      for (const [index, wanted] of dependsOn.entries()) {
        demand([...path, "dependsOn", index], wanted, subjectSections.join(", "), subjects);
      }
    }
  }
  return [...problems, ...findSharedNames(source), ...findCircles(source)];
}

function isOurs(section: string, field: string): boolean {
  return (
    (section === "databases" && field === "service") ||
    (section === "caches" && field === "redis") ||
    (section === "queues" && field === "on")
  );
}

/** A name must mean one thing: playbooks and dependencies use it without its section. */
function findSharedNames(source: ConfigSource): ConfigProblem[] {
  const seen = new Map<string, string>();
  const problems: ConfigProblem[] = [];
  for (const section of subjectSections) {
    for (const name of Object.keys(mapping(child(source.value, section)))) {
      const other = seen.get(name) ?? (name === localHost && section !== "hosts" ? "hosts" : undefined);
      if (other === undefined) seen.set(name, section);
      else {
        problems.push(
          source.problemAt(
            [section, name],
            message("config.name-shared", { name, section: other }),
            message("config.name-shared-instead", { example: `${name}-${singular(section)}` }),
            "key",
          ),
        );
      }
    }
  }
  return problems;
}

function singular(section: string): string {
  return section === "databases" ? "db" : section.replace(/s$/, "");
}

/** Every circle is reported once, at the entry that closes it. */
function findCircles(source: ConfigSource): ConfigProblem[] {
  const entries = new Map<string, Entry>();
  for (const section of subjectSections) {
    for (const [name, value] of Object.entries(mapping(child(source.value, section)))) entries.set(name, { path: [section, name], value });
  }
  const below = (name: string): string[] => {
    const dependsOn = child(entries.get(name)?.value, "dependsOn");
    return Array.isArray(dependsOn) ? dependsOn.map((one: unknown) => (typeof one === "string" ? one : "")) : [];
  };
  const problems: ConfigProblem[] = [];
  const done = new Set<string>();
  for (const start of entries.keys()) {
    // The way down from `start`, by hand: a chain as long as the file must not exhaust the stack.
    const trail: { name: string; next: number }[] = [{ name: start, next: 0 }];
    const onTrail = new Set([start]);
    for (let step = trail.at(-1); step !== undefined; step = trail.at(-1)) {
      const index = step.next++;
      const dependency = below(step.name)[index];
      const path = entries.get(step.name)?.path;
      if (dependency === undefined || path === undefined || done.has(step.name)) {
        done.add(step.name);
        onTrail.delete(step.name);
        trail.pop();
      } else if (onTrail.has(dependency)) {
        const names = trail.map(({ name }) => name);
        const circle = [...names.slice(names.indexOf(dependency)), dependency].join(" → ");
        const instead = message("config.circle-instead", { name: dependency });
        problems.push(source.problemAt([...path, "dependsOn", index], message("config.circle", { circle }), instead));
      } else if (entries.has(dependency)) {
        trail.push({ name: dependency, next: 0 });
        onTrail.add(dependency);
      }
    }
  }
  return problems;
}

export function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
