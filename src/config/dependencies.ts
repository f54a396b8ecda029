import { localHost } from "./fields.ts";
import type { Config } from "./schema.ts";

/** What a subject stands on directly: written dependencies, its host, a database's service, a queue's database. */
function direct(config: Config, subject: string): readonly string[] {
  const service = config.services[subject];
  if (service !== undefined) return [...service.dependsOn, service.host];
  const queue = config.queues[subject];
  if (queue !== undefined) return [...queue.watch.dependsOn, queue.on];
  const database = config.databases[subject];
  if (database === undefined) return config.vendors[subject]?.dependsOn ?? [];
  return [
    ...database.watch.dependsOn,
    ...(database.service === undefined ? [] : [database.service]),
    ...(database.host === undefined ? [] : [database.host]),
  ];
}

/**
 * Everything a subject stands on, also indirectly, nearest first; never the subject itself nor the local host.
 * Whoever stands on a service stands on the databases it runs as well: it may run and yet answer nobody.
 */
export function dependenciesOf(config: Config, subject: string, more: readonly string[] = []): string[] {
  const found = new Set<string>();
  const open = [...more, ...direct(config, subject)];
  const isStore = subject in config.databases || subject in config.queues;
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    if (next === subject || next === localHost || found.has(next)) continue;
    found.add(next);
    open.push(...direct(config, next), ...(isStore ? [] : databasesOn(config, next)));
  }
  return [...found];
}

function databasesOn(config: Config, service: string): string[] {
  return Object.entries(config.databases).flatMap(([name, database]) => (database.service === service ? [name] : []));
}
