import { Socket } from "node:net";

/** Throws when what came in so far cannot be the protocol; gets every chunk in order. */
export type ProtocolCheck = (chunk: Buffer) => void;

/** More than any answer to our small questions; a server that floods us is cut off here. */
const maxReceivedBytes = 32 * 1024 * 1024;

/**
 * A socket for a database driver that may meet something else than its database: it dies with `signal`,
 * it takes a bounded amount, and what the driver's parser throws ends the connection instead of the process.
 */
export class GuardedSocket extends Socket {
  readonly #check: ProtocolCheck;
  #receivedBytes = 0;

  constructor(signal: AbortSignal, check: ProtocolCheck = () => {}) {
    super();
    this.#check = check;
    const cut = (): void => void this.destroy(abortReason(signal));
    if (signal.aborted) queueMicrotask(cut);
    else signal.addEventListener("abort", cut, { once: true });
    this.once("close", () => signal.removeEventListener("abort", cut));
  }

  // Every received chunk passes here before any listener sees it.
  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    try {
      if (chunk !== null) {
        this.#receivedBytes += chunk.length;
        if (this.#receivedBytes > maxReceivedBytes) throw new ProtocolError(`more than ${maxReceivedBytes} bytes`);
        this.#check(chunk);
      }
      return super.push(chunk, encoding);
    } catch (error) {
      this.destroy(error instanceof ProtocolError ? error : new ProtocolError(String(error)));
      return false;
    }
  }
}

/** The other side does not speak the protocol it should. */
export class ProtocolError extends Error {
  override name = "ProtocolError";
  readonly code = "EPROTO";
}

/** Settles like `work`, or rejects with the signal's reason when that comes first. */
export async function abortable<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(abortReason(signal));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException("aborted", "AbortError");
}
