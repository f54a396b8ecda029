import type { App } from "../app.ts";
import type { Config } from "../config/schema.ts";
import { watchUnits } from "../integrations/service-control-events.ts";

/** Calls `onUnit` with the name of a service whenever its manager, or its process, says that something happened to it. */
export function watchServices(app: App, { services }: Config, onUnit: (service: string) => void, signal: AbortSignal): void {
  const byHost = Map.groupBy(Object.entries(services), ([, { host }]) => host);
  for (const [host, entries] of byHost) {
    const names = new Map(entries.map(([name, { address }]) => [JSON.stringify(address), name]));
    const addresses = entries.map(([, { address }]) => address);
    void watchUnits(app.openHost(host), addresses, ({ address }) => onUnit(names.get(JSON.stringify(address)) ?? ""), signal);
  }
}
