import { join } from "node:path";
import { message, say } from "../kernel/message.ts";
import { respondOnce } from "../responder/main-job.ts";
import { writeWorldConfig } from "../sandbox/configuration.ts";
import { findFault } from "../sandbox/faults.ts";
import { isWorldHealthy } from "../sandbox/health.ts";
import { makeRehearsalFolder, startWorld } from "../sandbox/start.ts";
import { stopWorld } from "../sandbox/stop.ts";
import { worldPaths, type World } from "../sandbox/world.ts";
import type { Call, Outcome } from "./command.ts";
import { describeReport, hearing } from "./show-report.ts";

/** A full disk and two dead services: three causes at once, as in real life. */
const rehearsedFaults = ["disk-full", "worker-killed", "app-killed"];

/** The whole main job in a world of its own: start, break, detect, plan, fix, verify, report, leave nothing behind. */
export async function rehearse({ app, screen, signal }: Call, isForLackOfConfig: boolean): Promise<Outcome> {
  const { clock } = app;
  screen.tell(isForLackOfConfig ? message("rehearsal.start") : message("rehearsal.asked"), "strong");
  const startedMs = clock.monotonicMs();
  const folder = makeRehearsalFolder();
  try {
    const world = await startWorld({ folder, diesWithStarter: true, signal, onProgress: (step) => screen.tell(step, "dim") });
    screen.tell(message("rehearsal.up", { seconds: ((clock.monotonicMs() - startedMs) / 1000).toFixed(1) }));
    for (const name of rehearsedFaults) {
      const fault = findFault(name);
      screen.tell(message("rehearsal.break", { fault: name, what: fault.what }), "warn");
      await fault.inject(world, signal);
    }
    const outcome = await respondInWorld(world, { app, screen, signal });
    const isHealed = await isWorldHealthy(world, signal);
    const verdict = isHealed ? message("rehearsal.proven") : message("rehearsal.not-proven");
    return {
      ...outcome,
      document: { rehearsal: { faults: rehearsedFaults, isHealed }, ...(outcome.document as object) },
      lines: [
        ...outcome.lines,
        screen.style(say(verdict, screen.language), isHealed ? "good" : "bad"),
        message("rehearsal.down"),
        message("rehearsal.next"),
      ],
    };
  } finally {
    await stopWorld(folder);
  }
}

async function respondInWorld(world: World, { app, screen, signal }: Pick<Call, "app" | "screen" | "signal">): Promise<Outcome> {
  writeWorldConfig(world);
  const inner = app.fork({
    configPath: worldPaths(world.folder).configuration,
    // A store and a state of its own: the rehearsal must not appear in the real status, history or limits.
    env: { ...app.env, AMPEL_STATE_DIR: join(world.folder, "ampel"), AMPEL_DATABASE_URL: "", AMPEL_CONFIG: "" },
  });
  try {
    const report = await respondOnce(inner, { mayFix: true, canAsk: false, showsChanges: false, signal, ...hearing(screen) });
    return describeReport(report, screen);
  } finally {
    await inner.close();
  }
}
