import { openHost } from "../../src/integrations/host.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { startFileEngine } from "../../src/kernel/durable/file-engine.ts";
import { openFileLogbook } from "../../src/logbook/logbook.ts";
import { playbookWorkflow } from "../../src/playbooks/run.ts";
import type { RunHands, RunInput } from "../../src/playbooks/run-contract.ts";
import { countWrites, type KillAt } from "../chaos/kill-at-write.ts";

/** What a test tells this process, as JSON in its first argument. */
export type RunnerOrder = {
  readonly runId: string;
  readonly input: RunInput;
  /** Journal folder of the file engine; without it the store at `databaseUrl` is used. */
  readonly folder?: string;
  readonly databaseUrl?: string;
  readonly stateFolder: string;
  readonly killAt?: KillAt;
};

const hands: Omit<RunHands, "logbook" | "takeLock" | "freeLock"> = {
  openHost: (name) => openHost(name, { via: "local" }),
  localEnv: {},
  command: async () => ({ exitCode: 1, output: "no commands here" }),
  onApprovalWanted: () => {},
  clock: systemClock,
};

/** Runs one playbook and says how many journal writes it took; dies at the ordered one. */
async function main({ runId, input, folder, databaseUrl, stateFolder, killAt }: RunnerOrder): Promise<void> {
  const writes = countWrites(killAt);
  if (folder !== undefined) {
    const logbook = openFileLogbook([folder], systemClock);
    const engine = startFileEngine([folder], systemClock);
    writes.arm();
    const outcome = await engine.start(
      playbookWorkflow({ ...hands, logbook, takeLock: async () => undefined, freeLock: async () => {} }),
      runId,
      input,
    );
    process.stdout.write(`${JSON.stringify({ writes: writes.count(), state: outcome.state })}\n`);
    return;
  }
  const { openDurable } = await import("../../src/responder/durable.ts");
  const durable = await openDurable({ stateFolder, journalFolders: [], databaseUrl, clock: systemClock, hands });
  if (durable.store === undefined) throw new Error(`no store: ${JSON.stringify(durable.reason)}`);
  await durable.launch();
  writes.arm();
  const outcome = await durable.run(runId, input);
  process.stdout.write(`${JSON.stringify({ writes: writes.count(), state: outcome.state })}\n`);
  process.exit(0); // a survivor's runs must not be taken back in passing
}

await main(JSON.parse(process.argv[2] ?? "{}") as RunnerOrder);
