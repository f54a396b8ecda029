import { join } from "node:path";
import type { PlainProcess } from "../integrations/service-control-contract.ts";
import { postgresStart, underServerAccount } from "./postgres.ts";
import { programPath, worldPaths, worldVariable, type ProgramName, type World } from "./world.ts";

/** How a program of the world is started and stopped, from any folder, by whoever looks after it. */
export function addressOf(world: World, name: ProgramName): PlainProcess {
  const { folder, node } = world;
  const paths = worldPaths(folder);
  const mark = { [worldVariable]: folder };
  const files = { pidFile: paths.pidFile(name), logFile: paths.log(name) };
  // Options of the operator's own Node (a debugger, a loader) are not the world's.
  if (name !== "postgres") {
    return { ...files, cwd: folder, env: { ...mark, NODE_OPTIONS: "" }, start: [node, programPath(name), paths.world] };
  }
  const { binFolder, data, env } = world.postgres;
  // SIGTERM would wait for sessions that never end by themselves ("smart shutdown").
  const stop = underServerAccount(world, [join(binFolder, "pg_ctl"), "stop", "-D", data, "-m", "fast", "-t", "3"]);
  return { ...files, cwd: "/", env: { ...mark, ...env }, start: postgresStart(world), stop };
}
