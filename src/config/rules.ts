import { message } from "../kernel/message.ts";
import { expandProbes } from "./expand.ts";
import type { ConfigProblem } from "./problem.ts";
import { mapping } from "./references.ts";
import type { Config } from "./schema.ts";
import { child } from "./schema-walk.ts";
import type { ConfigSource } from "./source.ts";

/** Rules over several fields that no schema can place on a line. `config` is there when the schema was content. */
export function findRuleProblems(source: ConfigSource, config: Config | undefined): ConfigProblem[] {
  return [
    ...findHostProblems(source),
    ...findDampingProblems(source),
    ...findQueueProblems(source),
    ...(config === undefined ? [] : findProbeProblems(source, config)),
  ];
}

function findHostProblems(source: ConfigSource): ConfigProblem[] {
  return Object.entries(mapping(child(source.value, "hosts"))).flatMap(([name, host]) => {
    const ways = ["address", "ssh"].filter((field) => child(host, field) !== undefined);
    const path = ["hosts", name];
    if (name === "local" && ways.includes("ssh")) {
      return [source.problemAt([...path, "ssh"], message("config.local-ssh"), message("config.local-ssh-instead"), "key")];
    }
    if (ways.length === 2) {
      return [source.problemAt([...path, "ssh"], message("config.host-both"), message("config.host-both-instead"), "key")];
    }
    if (ways.length === 0 && name !== "local") {
      return [source.problemAt(path, message("config.host-none"), message("config.host-none-instead", { name }), "key")];
    }
    return [];
  });
}

/** "3 of 2" can never happen: such a finding would never be raised. */
function findDampingProblems(source: ConfigSource): ConfigProblem[] {
  const places = [
    ["damping"],
    ...Object.entries(mapping(source.value)).flatMap(([section, entries]) =>
      Object.keys(mapping(entries)).map((name) => [section, name, "damping"]),
    ),
  ];
  return places.flatMap((path) => {
    const damping = path.reduce<unknown>(child, source.value);
    const failures = child(damping, "failures");
    const of = child(damping, "of") ?? (path.length === 1 ? 4 : undefined);
    if (typeof failures !== "number" || typeof of !== "number" || failures <= of) return [];
    return [
      source.problemAt([...path, "failures"], message("config.damping", { failures, of }), message("config.damping-instead", { of })),
    ];
  });
}

/** A queue takes its connection from `databases`, so the probe's own rules about it are kept here. */
function findQueueProblems(source: ConfigSource): ConfigProblem[] {
  return Object.entries(mapping(child(source.value, "queues"))).flatMap(([name, queue]) => {
    const engine = child(child(child(source.value, "databases"), String(child(queue, "on"))), "engine");
    const format = child(queue, "format");
    if (typeof engine !== "string" || typeof format !== "string") return [];
    const path = ["queues", name];
    if ((format === "sql") === (engine === "redis")) {
      return [
        source.problemAt([...path, "format"], message("config.queue-engine", { format, engine }), message("config.queue-engine-instead")),
      ];
    }
    if ((format === "sql") === (child(queue, "countQuery") !== undefined)) return [];
    return [source.problemAt(path, message("config.queue-count"), message("config.queue-count-instead"), "key")];
  });
}

function findProbeProblems(source: ConfigSource, config: Config): ConfigProblem[] {
  const probes = expandProbes(config);
  const ids = new Map<string, number>();
  for (const { id } of probes) ids.set(id, (ids.get(id) ?? 0) + 1);
  const taken = Object.keys(config.probes).filter((id) => (ids.get(id) ?? 0) > 1);
  return taken.map((id) =>
    source.problemAt(["probes", id], message("config.probe-taken", { id }), message("config.probe-taken-instead"), "key"),
  );
}
