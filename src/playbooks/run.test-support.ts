import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHost } from "../integrations/host.ts";
import { systemClock } from "../kernel/clock.ts";
import { startFileEngine } from "../kernel/durable/file-engine.ts";
import type { Delivery } from "../kernel/durable/run.ts";
import type { Entry, Happening } from "../logbook/entry.ts";
import { openFileLogbook, readFileEntries } from "../logbook/logbook.ts";
import { printInfo } from "./attributes.ts";
import { parsePlaybook } from "./parse.ts";
import type { Playbook } from "./playbook.ts";
import { playbookWorkflow } from "./run.ts";
import {
  approvalTopic,
  type Approval,
  type InProcessCommand,
  type RunHands,
  type RunInput,
  type RunOutcome,
  type WantedApproval,
} from "./run-contract.ts";

/** One block of a document: its attributes and its text. */
export type BlockText = { readonly name: string; readonly body: string } & Readonly<Record<string, string>>;

/** A document with these blocks, in their order. */
export function writePlaybook(blocks: readonly BlockText[]): string {
  const front = "---\nampel: { id: sample, owner: x, review_by: 2027-01-01, rto: 1m, triggers: [disk-full], version: 1, zone: red }\n---\n";
  const fences = blocks.map(
    ({ body, ...attributes }) => `### ${attributes["name"] ?? ""}\n\nDoes it.\n\n\`\`\`${printInfo("sh", attributes)}\n${body}\n\`\`\`\n`,
  );
  return `${front}\n${fences.join("\n")}`;
}

export type Played = { readonly outcome: RunOutcome; readonly lines: readonly string[]; readonly entries: readonly Entry[] };

export type PlayOptions = {
  readonly input?: Partial<RunInput>;
  readonly command?: InProcessCommand;
  readonly takeLock?: RunHands["takeLock"];
  /** Called when the run asks; it may answer with the given function. */
  onWanted?(wanted: WantedApproval, answer: (approval: Partial<Approval>) => Promise<Delivery>): void;
};

/** A stage for runs on plain files with a real bash. Every block finds the file of its effects in `$EFFECTS`. */
export type Stage = {
  readonly folder: string;
  readonly effects: string;
  readonly hands: RunHands;
  readLines(): string[];
  play(blocks: readonly BlockText[], options?: PlayOptions): Promise<Played>;
  alarms(): string[];
  clear(): Promise<void>;
};

export function openStage(): Stage {
  const folder = mkdtempSync(join(tmpdir(), "ampel-run-"));
  const effects = join(folder, "effects");
  const journal = join(folder, "journal");
  const engine = startFileEngine([journal], systemClock);
  const logbook = openFileLogbook([journal], systemClock);
  const hands: RunHands = {
    openHost: (name) => openHost(name, { via: "local" }),
    localEnv: {},
    command: async () => ({ exitCode: 0, output: "" }),
    onApprovalWanted: () => {},
    logbook,
    clock: systemClock,
    takeLock: async () => undefined,
    freeLock: async () => {},
  };
  let count = 0;
  const readLines = (): string[] => (existsSync(effects) ? readFileSync(effects, "utf8").split("\n").filter(Boolean) : []);
  return {
    folder,
    effects,
    hands,
    readLines,
    play: async (blocks, { input = {}, command, takeLock, onWanted } = {}) => {
      const id = `run-${(count += 1)}`;
      const mine: RunHands = {
        ...hands,
        ...(command === undefined ? {} : { command }),
        ...(takeLock === undefined ? {} : { takeLock }),
        onApprovalWanted: (wanted) => {
          let sent = 0;
          const answer = (approval: Partial<Approval>): Promise<Delivery> =>
            engine.send(
              id,
              approvalTopic(wanted.step.name),
              { by: "anna", stepHash: wanted.step.hash, isGranted: true, ...approval },
              `answer-${(sent += 1)}`,
            );
          onWanted?.(wanted, answer);
        },
      };
      const outcome = await engine.start(playbookWorkflow(mine), id, inputOf(writePlaybook(blocks), effects, input));
      return { outcome, lines: readLines(), entries: readFileEntries([journal]) };
    },
    alarms: () => readFileEntries([journal]).flatMap((entry) => (entry.kind === "alarm" ? [entry.message.key] : [])),
    clear: async () => {
      await engine.stop();
      logbook.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a run begins with, by default with every right and nobody to ask. */
export function inputOf(playbookText: string, effects: string, given: Partial<RunInput> = {}): RunInput {
  return {
    playbookPath: "sample.md",
    playbookText,
    subject: "shop",
    host: "local",
    cause: "disk-full",
    zone: "red",
    parameters: { EFFECTS: effects },
    budgetMs: 600_000,
    authority: { level: "act", drilledDanger: [], canAsk: false },
    startedBy: "test",
    ...given,
  };
}

export function readPlaybook(blocks: readonly BlockText[]): Playbook {
  const { playbook, problems } = parsePlaybook(writePlaybook(blocks), "sample.md");
  if (playbook === undefined) throw new Error(JSON.stringify(problems));
  return playbook;
}

/** The happenings of one kind, in the order of their writing. */
export function happenings<Kind extends Happening["kind"]>(entries: readonly Entry[], kind: Kind): Extract<Entry, { kind: Kind }>[] {
  return entries.filter((entry): entry is Extract<Entry, { kind: Kind }> => entry.kind === kind);
}
