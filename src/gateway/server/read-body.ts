import type { IncomingMessage } from "node:http";

/** Vendors send kilobytes, a long call's transcript some megabytes. */
export const longestBody = 8 * 1024 * 1024;
/** All bodies that are being read or kept at one moment. */
const mostBytesInHand = 128 * 1024 * 1024;

let bytesInHand = 0;

/** `too-long`: nothing more of it is read. `full`: we hold too much at the moment, which is no fault of the sender. `cut`: it broke off. */
export type BodyRead = { readonly body: Buffer; done(): void } | "too-long" | "full" | "cut";

/** Reads a body of bounded size, never inflated. `done` gives its share of the memory back. */
export async function readBody(request: IncomingMessage): Promise<BodyRead> {
  if (Number(request.headers["content-length"] ?? 0) > longestBody) return "too-long";
  return await new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const giveBack = (): void => {
      bytesInHand -= bytes;
      bytes = 0;
    };
    const refuse = (why: "too-long" | "full" | "cut"): void => {
      request.pause();
      request.removeAllListeners("data");
      giveBack();
      resolve(why);
    };
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      bytesInHand += chunk.length;
      if (bytes > longestBody) refuse("too-long");
      else if (bytesInHand > mostBytesInHand) refuse("full");
      else chunks.push(chunk);
    });
    request.once("end", () =>
      resolve({ body: chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks), done: giveBack }),
    );
    request.once("error", () => refuse("cut"));
    request.once("close", () => {
      if (!request.complete) refuse("cut");
    });
  });
}
