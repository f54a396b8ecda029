import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Delivery } from "../delivery.ts";
import { decodeFrames } from "./frame.ts";
import { removeSegment, setAside, type Segment } from "./spool-files.ts";

/** Puts a batch into the inbox, durably when it resolves. */
export type Insert = (deliveries: readonly Delivery[]) => Promise<void>;

export type Drained = { readonly deliveries: number; readonly refused: number; readonly damagedBytes: number };

const batchRows = 500;
const batchBytes = 4 * 1024 * 1024;

/**
 * Brings one closed segment into the inbox, in order, and removes it after the last commit. What the database refuses for what
 * it is, and what is no whole frame, is set aside first. Killed anywhere, it can begin again: the keys are the same.
 * @throws when the database is away; the segment stays
 */
export async function drainSegment(root: string, segment: Segment, insert: Insert, signal: AbortSignal): Promise<Drained> {
  const { deliveries, damage } = decodeFrames(await readFile(segment.path));
  const name = `${basename(dirname(segment.path))}-${basename(segment.path)}`;
  const damagedBytes = damage.reduce((sum, { length }) => sum + length, 0);
  if (damagedBytes > 0) await setAside(root, `${name}.damaged`, Buffer.concat([...damage]));
  let refused = 0;
  for (const batch of splitBatches(deliveries)) {
    signal.throwIfAborted();
    refused += await insertOrSetAside(root, `${name}-${refused}`, batch, insert);
  }
  await removeSegment(dirname(segment.path), segment.path);
  return { deliveries: deliveries.length - refused, refused, damagedBytes };
}

async function insertOrSetAside(root: string, name: string, batch: readonly Delivery[], insert: Insert): Promise<number> {
  try {
    await insert(batch);
    return 0;
  } catch (error) {
    if (!isRefusedForWhatItIs(error)) throw error;
  }
  const [first] = batch;
  if (batch.length === 1 && first !== undefined) {
    const { body, ...head } = first;
    await setAside(root, `${name}.refused`, Buffer.from(JSON.stringify({ ...head, body: body.toString("base64") })));
    return 1;
  }
  const middle = Math.ceil(batch.length / 2);
  const refused = await insertOrSetAside(root, `${name}a`, batch.slice(0, middle), insert);
  return refused + (await insertOrSetAside(root, `${name}b`, batch.slice(middle), insert));
}

/** PostgreSQL manual, appendix A: data exceptions, violated constraints, program limits. No repetition helps. */
function isRefusedForWhatItIs(error: unknown): boolean {
  return /^(22|23|54)/.test((error as { code?: string }).code ?? "");
}

function splitBatches(deliveries: readonly Delivery[]): Delivery[][] {
  const batches: Delivery[][] = [];
  let bytes = 0;
  for (const delivery of deliveries) {
    const last = batches.at(-1);
    if (last === undefined || last.length >= batchRows || bytes + delivery.body.length > batchBytes) {
      batches.push([delivery]);
      bytes = delivery.body.length;
    } else {
      last.push(delivery);
      bytes += delivery.body.length;
    }
  }
  return batches;
}
