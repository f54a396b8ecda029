import { message, say } from "../../kernel/message.ts";
import { faults, findFault, listInjected } from "../../sandbox/faults.ts";
import { listWorlds } from "../../sandbox/list.ts";
import { mendWorld } from "../../sandbox/mend.ts";
import { defaultFolder, openWorld, startWorld } from "../../sandbox/start.ts";
import { stopWorld } from "../../sandbox/stop.ts";
import { worldPaths } from "../../sandbox/world.ts";
import { nearestOf, usage } from "../arguments.ts";
import { done, type Call, type Command, type Outcome } from "../command.ts";

const actions: Readonly<Record<string, (call: Call) => Promise<Outcome>>> = {
  up: async ({ values, screen, signal }) => {
    const world = await startWorld({ folder: folderOf(values), signal, onProgress: (step) => screen.tell(step, "dim") });
    const { configuration } = worldPaths(world.folder);
    return done({ folder: world.folder, config: configuration, ports: world.ports }, [
      message("sandbox.is-up", { folder: world.folder }),
      `→ ampel health:check --config ${configuration}`,
    ]);
  },
  break: async ({ words: [, name = ""], values, screen, signal }) => {
    if (name === "") return listFaults(screen.language);
    const fault = findFault(name);
    await fault.inject(openWorld(folderOf(values)), signal);
    return done({ fault: name, causes: fault.causes, subject: fault.subject, playbook: fault.playbook }, [
      message("rehearsal.break", { fault: name, what: fault.what }),
    ]);
  },
  mend: async ({ values, signal }) => {
    const world = await mendWorld(openWorld(folderOf(values)), signal);
    return done({ folder: world.folder }, [message("sandbox.is-mended")]);
  },
  down: async ({ values }) => {
    const folder = folderOf(values);
    await stopWorld(folder);
    return done({ folder }, [message("rehearsal.down")]);
  },
  seed: async (call) => {
    // Companies go into the store of the configuration, if there is one: a gateway beside it must find them.
    await call.app.findConfig();
    return await (await import("./company-seed.ts")).sandboxSeed.run(call);
  },
  list: async ({ screen, signal }) => {
    const worlds = await listWorlds();
    const injected = await Promise.all(worlds.map(async ({ world }) => (world === undefined ? [] : await listInjected(world, signal))));
    const document = worlds.map(({ folder, state, services }, index) => ({
      folder,
      state,
      services,
      faults: injected[index]?.map(({ name }) => name),
    }));
    const lines = worlds.flatMap(({ folder, state, services }, index) => [
      `${state.padEnd(12)} ${folder}`,
      ...Object.entries(services).map(([name, each]) => `  ${name.padEnd(10)} ${each}`),
      ...(injected[index] ?? []).map(({ name, what }) => `  ✗ ${name}: ${say(what, screen.language)}`),
    ]);
    return done({ worlds: document }, lines.length === 0 ? [message("sandbox.none")] : lines);
  },
};

function folderOf(values: Call["values"]): string {
  return values.get("folder") ?? defaultFolder();
}

function listFaults(language: Call["screen"]["language"]): Outcome {
  const lines = faults.map(
    ({ name, what, playbook }) => `${name.padEnd(18)} ${say(what, language)}${playbook === undefined ? "" : `  → ${playbook}`}`,
  );
  return done({ faults: faults.map(({ name, causes, subject, playbook }) => ({ name, causes, subject, playbook })) }, lines);
}

/** A guarded world of real processes to practise on; never the machine itself. */
export const sandbox: Command = {
  words: ["up|break|mend|down|list|seed", "[FAULT]"],
  options: { days: { value: "7", what: message("option.seed-days") }, folder: { value: "FOLDER", what: message("option.folder") } },
  needsConfig: false,
  async run(call) {
    const [action = ""] = call.words;
    const act = actions[action];
    if (act !== undefined) return await act(call);
    throw usage(
      "sandbox",
      message("sandbox.action-unknown", { action, nearest: nearestOf(action, Object.keys(actions)) ?? Object.keys(actions).join("|") }),
    );
  },
};
