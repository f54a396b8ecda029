import { resolve } from "node:path";
import type { Config } from "./schema.ts";

/** What follows from the rest of the file: a service that runs a SQL database is one, and folders are full paths. */
export function completeConfig(config: Config, folder: string): Config {
  const running = new Set(
    Object.values(config.databases).flatMap(({ engine, service }) => (service === undefined || engine === "redis" ? [] : [service])),
  );
  const services = Object.fromEntries(
    Object.entries(config.services).map(([name, service]) => [name, { ...service, isDatabase: service.isDatabase || running.has(name) }]),
  );
  const folders = config.playbooks.folders.map((path) => resolve(folder, path));
  return { ...config, services, playbooks: { ...config.playbooks, folders } };
}
