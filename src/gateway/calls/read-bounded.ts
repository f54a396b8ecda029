/** All bodies of live calls that are being read at one moment: thousands of strangers may send slowly, and all of them megabytes. */
const mostBytesInHand = 64 * 1024 * 1024;

let bytesInHand = 0;

/**
 * The raw bytes of a request, `undefined` when there are more than `limit`: no longer body is ever held.
 * @throws when all of them together are too much at the moment: the sender may come again
 */
export async function readBounded(request: Request, limit: number): Promise<Buffer | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > limit) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
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
