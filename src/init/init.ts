import { link, mkdir, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { checkConfig, type ConfigFinding } from "../config/check.ts";
import { parseConfigOrThrow } from "../config/parse.ts";
import { createHash } from "node:crypto";
import { newId } from "../kernel/ids.ts";
import type { Host } from "../integrations/host.ts";
import type { MachineFacts } from "./facts.ts";
import { lookAtMachine } from "./look.ts";
import { readFacts } from "./read-facts.ts";
import { writeConfigText, type RemoteMachine } from "./write-config.ts";

export type Inspection = {
  readonly host: Host;
  /** Root of the tree to look at; another than `/` for a copied one. */ readonly root?: string;
  readonly signal: AbortSignal;
};

/** @throws {Failure} host-unreachable, service-failed */
export async function inspectMachine({ host, root = "/", signal }: Inspection): Promise<MachineFacts> {
  return readFacts(await lookAtMachine(host, root, signal), root);
}

export type WrittenConfig = {
  /** Where it was written: the path asked for, or beside it with `.new` added when that one was taken. */
  readonly file: string;
  readonly isBeside: boolean;
  readonly text: string;
  /** What is still to be done: secrets to fill in, people to name. */
  readonly findings: readonly ConfigFinding[];
};

/**
 * Writes the proposal for these facts to `path`. An existing file is never touched: the text goes to `path.new`,
 * then `path.new2` and so on. The text has passed the parser before anything is written.
 */
export async function writeProposal(
  facts: MachineFacts,
  path: string,
  signal: AbortSignal,
  remote?: RemoteMachine,
): Promise<WrittenConfig> {
  const text = writeConfigText(facts, remote);
  const config = parseConfigOrThrow(text, { file: path, folder: dirname(path) });
  await mkdir(dirname(path), { recursive: true });
  const file = await writeNew(path, text);
  const hash = createHash("sha256").update(text).digest("hex");
  const findings = await checkConfig({ config, file, text, hash }, { signal });
  return { file, isBeside: file !== path, text, findings };
}

/** Complete or not at all: the text is written aside, then linked to the first name that is free. */
async function writeNew(path: string, text: string): Promise<string> {
  const draft = join(dirname(path), `.${newId(basename(path))}.draft`);
  const handle = await open(draft, "wx", 0o640);
  try {
    await handle.writeFile(text);
    await handle.sync();
    await handle.close();
    for (let count = 0; ; count += 1) {
      const candidate = count === 0 ? path : `${path}.new${count === 1 ? "" : count}`;
      try {
        await link(draft, candidate);
        return candidate;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  } finally {
    await rm(draft, { force: true });
  }
}
