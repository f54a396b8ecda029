import { runDaemon } from "../../daemon/daemon.ts";
import { message } from "../../kernel/message.ts";
import { usage } from "../arguments.ts";
import { done, type Command } from "../command.ts";

export const daemon: Command = {
  words: [],
  options: { listen: { value: "ADDRESS:PORT", what: message("option.listen") } },
  async run({ app, values, isDryRun, screen, signal }) {
    const listen = values.get("listen") ?? "127.0.0.1:7310";
    if (listen !== "off" && !/^(\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i.test(listen)) throw usage("daemon", message("option.listen"));
    if (isDryRun) {
      const probes = await app.probes();
      return done({ isDryRun, probes: probes.map(({ id, kind, everyMs }) => ({ id, kind, everyMs })) }, [
        message("daemon.would-watch", { count: probes.length }),
      ]);
    }
    const stamp = new Intl.DateTimeFormat(screen.language, { timeStyle: "medium", timeZone: app.timeZone });
    await runDaemon(app, {
      signal,
      listen,
      onEvent: (what) => {
        screen.tell(screen.style(stamp.format(app.clock.now()), "dim"));
        screen.tell(what);
      },
    });
    return done({ ended: true }, []);
  },
};
