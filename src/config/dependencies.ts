import { localHost } from "./fields.ts";
import type { Config } from "./schema.ts";

/** What a subject stands on directly: written dependencies, its host, a database's service. */
function direct(config: Config, subject: string): readonly string[] {
  const service = config.services[subject];
  if (service !== undefined) return [...service.dependsOn, service.host];
  const database = config.databases[subject];
  if (database === undefined) return [];
  return [...database.watch.dependsOn, ...(database.service === undefined ? [] : [database.service]), ...(database.host === undefined ? [] : [database.host])];
}

/** Everything a subject stands on, also indirectly, nearest first; never the subject itself nor the local host. */
export function dependenciesOf(config: Config, subject: string, more: readonly string[] = []): string[] {
  const found = new Set<string>();
  const open = [...more, ...direct(config, subject)];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    if (next === subject || next === localHost || found.has(next)) continue;
    found.add(next);
    open.push(...direct(config, next));
  }
  return [...found];
}
