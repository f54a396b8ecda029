import type { App } from "../../app.ts";
import type { GatewaySettings } from "../../config/gateway-schema.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { watchConfig } from "../../config/watch.ts";
import { runGateway } from "../../gateway/server/run-gateway.ts";
import { spoolFolderOf, type RunningGateway } from "../../gateway/start.ts";
import { Failure } from "../../kernel/failure.ts";
import { message, type Message } from "../../kernel/message.ts";
import { openStore } from "../../store/store.ts";
import { done, type Command } from "../command.ts";

/** The gateway as a process of its own; several may run on one database, and on one port of one machine. */
export const gateway: Command = {
  words: [],
  options: {},
  async run({ app, isDryRun, screen, signal }) {
    const loaded = await app.loaded();
    const settings = gatewaySettings(loaded);
    if (isDryRun) {
      const { address, port } = settings.listen;
      const spool = spoolFolderOf(settings, app.stateFolder);
      return done({ isDryRun, address, port, spool }, [message("gateway.would-listen", { address, port, spool })]);
    }
    const stamp = new Intl.DateTimeFormat(screen.language, { timeStyle: "medium", timeZone: app.timeZone });
    const onEvent = (what: Message): void => {
      screen.tell(screen.style(stamp.format(app.clock.now()), "dim"));
      screen.tell(what);
    };
    const watching = new AbortController();
    let running: RunningGateway | undefined;
    const watched = watchSettings(
      app,
      loaded,
      AbortSignal.any([signal, watching.signal]),
      (replaced) => {
        running?.replaceSettings(replaced);
        onEvent(message("gateway.settings-taken"));
      },
      onEvent,
    );
    try {
      await runGateway({
        settings,
        language: app.language,
        timeZone: app.timeZone,
        trustedProxies: settings.trustedProxies,
        stateFolder: app.stateFolder,
        journalFolders: app.journalFolders,
        clock: app.clock,
        openStore: (given) => openStore({ stateFolder: app.stateFolder, databaseUrl: app.env["AMPEL_DATABASE_URL"], signal: given }),
        signal,
        onEvent,
        onRunning: (started) => {
          running = started;
        },
      });
    } finally {
      watching.abort();
      await watched;
    }
    return done({ ended: true }, []);
  },
};

/** @throws {Failure} config-missing */
export function gatewaySettings({ config, file }: LoadedConfig): GatewaySettings {
  if (config.gateway !== undefined) return config.gateway;
  throw new Failure("config-missing", message("gateway.no-section", { file }), message("gateway.no-section-next"));
}

/** A key that was added counts without a restart. An invalid file never replaces a good one. */
async function watchSettings(
  app: App,
  { file, hash }: LoadedConfig,
  signal: AbortSignal,
  onSettings: (settings: GatewaySettings) => void,
  onEvent: (what: Message) => void,
): Promise<void> {
  await watchConfig(
    file,
    (event) => {
      if ("failure" in event) onEvent(message("daemon.reload-failed", { reason: event.failure.what }));
      else if (event.loaded.config.gateway === undefined) onEvent(message("gateway.section-gone"));
      else onSettings(event.loaded.config.gateway);
    },
    signal,
    { hash, clock: app.clock },
  );
}
