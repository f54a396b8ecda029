import { mkdir, open, rmdir, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../kernel/failure.ts";
import { newId } from "../../kernel/ids.ts";
import { message, verbatim } from "../../kernel/message.ts";
import { holdResponderLock, type ResponderLock } from "../../kernel/responder-lock.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Delivery } from "../delivery.ts";
import { encodeFrame } from "./frame.ts";
import { segmentName, syncFolder, type Segment } from "./spool-files.ts";

/** Append-only files of this process, for what arrives while the database is away. */
export type Spool = {
  readonly root: string;
  readonly folder: string;
  /** Durably on disk when it resolves. @throws {Failure} spool-failed */
  append(delivery: Delivery): Promise<void>;
  /** Closes the present segment, so that it can be drained; every closed segment, oldest first. */
  seal(): Promise<readonly Segment[]>;
  /** A drained segment is gone. */
  forget(segment: Segment): void;
  readonly bytes: number;
  /** Epoch ms of the oldest delivery that still lies here. */
  readonly oldestAt: number | undefined;
  /** Flushes and lets go of the folder; an empty one is removed. */
  close(): Promise<void>;
};

export type SpoolOptions = {
  readonly root: string;
  readonly maxBytes: number;
  readonly clock: Clock;
  /** How long one append may take before the sender is told to come again. */
  readonly waitMs?: number;
};

const segmentBytes = 8 * 1024 * 1024;

type Waiting = { readonly frame: Buffer; resolve(): void; reject(error: unknown): void };
type Open = { readonly file: FileHandle; readonly path: string; readonly openedAt: number; bytes: number };

/** Never fails to open: a disk that is full or gone now may be there when it is needed, and each append tries anew. */
export function openSpool({ root, maxBytes, clock, waitMs = 3000 }: SpoolOptions): Spool {
  const folder = join(root, newId("spool"));
  let lock: ResponderLock | undefined;
  let active: Open | undefined;
  let sequence = 0;
  let closed: Segment[] = [];
  let waiting: Waiting[] = [];
  let pendingBytes = 0;
  let work: Promise<unknown> = Promise.resolve();
  let isFlushing = false;

  /** One thing at a time touches the files. */
  const inTurn = async <Value>(task: () => Promise<Value>): Promise<Value> => {
    const turn = work.then(task, task);
    work = turn.catch(() => {});
    return await turn;
  };
  const start = async (): Promise<Open> => {
    if (active !== undefined) return active;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // The lock tells other processes that this folder has a living owner.
    lock ??= await holdResponderLock(folder);
    if (lock === undefined) throw new Error("the spool's own folder is locked by somebody else");
    sequence += 1;
    const path = join(folder, segmentName(sequence));
    const file = await open(path, "wx", 0o600);
    try {
      await syncFolder(folder);
      await syncFolder(root);
    } catch (error) {
      await file.close();
      throw error;
    }
    active = { file, path, openedAt: clock.now(), bytes: 0 };
    return active;
  };
  const closeActive = async (): Promise<void> => {
    const ended = active;
    active = undefined;
    if (ended === undefined) return;
    closed.push({ path: ended.path, bytes: ended.bytes, oldestAt: ended.openedAt });
    await ended.file.close().catch(() => {});
  };
  const write = async (batch: readonly Waiting[]): Promise<void> => {
    const bytes = Buffer.concat(batch.map(({ frame }) => frame));
    const segment = await start();
    try {
      for (let done = 0; done < bytes.length;) {
        done += (await segment.file.write(bytes, done, bytes.length - done, segment.bytes + done)).bytesWritten;
      }
      await segment.file.datasync();
      segment.bytes += bytes.length;
    } catch (error) {
      // After a failed sync nobody knows what is on the disk: nothing more goes into this segment.
      await closeActive();
      throw error;
    }
    if (segment.bytes >= segmentBytes) await closeActive();
  };
  const flush = async (): Promise<void> => {
    if (isFlushing) return;
    isFlushing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await inTurn(() => write(batch));
        for (const each of batch) each.resolve();
      } catch (error) {
        for (const each of batch) each.reject(error);
      }
    }
    isFlushing = false;
  };
  const heldBytes = (): number => closed.reduce((sum, { bytes }) => sum + bytes, active?.bytes ?? 0) + pendingBytes;

  return {
    root,
    folder,
    append: async (delivery) => {
      const frame = encodeFrame(delivery);
      if (heldBytes() + frame.length > maxBytes) throw spoolFailed(folder, `more than ${maxBytes} bytes`);
      pendingBytes += frame.length;
      let timer: NodeJS.Timeout | undefined;
      try {
        await new Promise<void>((resolve, reject) => {
          timer = setTimeout(() => reject(new Error("the disk did not answer in time")), waitMs);
          waiting.push({ frame, resolve, reject });
          void flush();
        });
      } catch (error) {
        throw spoolFailed(folder, (error as Error).message, error);
      } finally {
        clearTimeout(timer);
        pendingBytes -= frame.length;
      }
    },
    seal: () =>
      inTurn(async () => {
        if ((active?.bytes ?? 0) > 0) await closeActive();
        return [...closed];
      }),
    forget: (segment) => {
      closed = closed.filter((each) => each !== segment);
    },
    get bytes() {
      return heldBytes();
    },
    get oldestAt() {
      return closed[0]?.oldestAt ?? ((active?.bytes ?? 0) > 0 ? active?.openedAt : undefined);
    },
    close: async () => {
      await flush();
      await inTurn(closeActive);
      await lock?.release();
      await rmdir(folder).catch(() => {}); // not empty: another process will drain it
    },
  };
}

function spoolFailed(folder: string, reason: string, cause?: unknown): Failure {
  const what = message("gateway.spool-failed", { folder, reason: verbatim(reason) });
  return new Failure("spool-failed", what, message("gateway.spool-failed-next", { folder }), cause === undefined ? {} : { cause });
}
