import type { IncomingMessage } from "node:http";
import type { Context } from "hono";

/** All bodies of live calls that are being read at one moment: thousands of strangers may send slowly, and all of them megabytes. */
const mostBytesInHand = 64 * 1024 * 1024;

let bytesInHand = 0;

/**
 * The raw bytes of a request, `undefined` when there are more than `limit`: no longer body is ever held.
 * @throws when all of them together are too much at the moment: the sender may come again
 */
export async function readBounded({ req, env }: Context, limit: number): Promise<Buffer | undefined> {
  // Read from the socket's own stream where there is one: a web stream in between costs more than the whole answer.
  const { incoming } = (env ?? {}) as { readonly incoming?: IncomingMessage };
  const length = incoming === undefined ? req.raw.headers.get("content-length") : incoming.headers["content-length"];
  if (Number(length ?? 0) > limit) return undefined;
  const stream: AsyncIterable<Uint8Array> | readonly [] = incoming ?? req.raw.body ?? [];
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      bytes += chunk.length;
      bytesInHand += chunk.length;
      if (bytes > limit) return undefined;
      if (bytesInHand > mostBytesInHand) throw new Error("too many bytes in hand");
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, bytes);
  } finally {
    bytesInHand -= bytes;
  }
}
