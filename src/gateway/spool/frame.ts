import { crc32 } from "node:zlib";
import type { Delivery } from "../delivery.ts";

/** magic, length of the payload, CRC-32 of the payload: 4 bytes each, big-endian. */
const magic = Buffer.from("AMP1");
const prefixBytes = 12;
/** No delivery comes near it: a length beyond it is damage. */
const longestPayload = 64 * 1024 * 1024;

/** One delivery as bytes that prove themselves: whether it was written to its end can be told from it alone. */
export function encodeFrame({ body, ...head }: Delivery): Buffer {
  const headBytes = Buffer.from(JSON.stringify(head));
  const frame = Buffer.allocUnsafe(prefixBytes + 4 + headBytes.length + body.length);
  magic.copy(frame);
  frame.writeUInt32BE(frame.length - prefixBytes, 4);
  frame.writeUInt32BE(headBytes.length, prefixBytes);
  headBytes.copy(frame, prefixBytes + 4);
  body.copy(frame, prefixBytes + 4 + headBytes.length);
  frame.writeUInt32BE(crc32(frame.subarray(prefixBytes)), 8);
  return frame;
}

/** What a segment holds. `damage`: the stretches that are no whole frame, a torn tail among them. */
export type Decoded = { readonly deliveries: readonly Delivery[]; readonly damage: readonly Buffer[] };

/** Reads every whole frame; after damage it goes on at the next frame that proves itself. Never throws. */
export function decodeFrames(bytes: Buffer): Decoded {
  const deliveries: Delivery[] = [];
  const damage: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const frame = readFrame(bytes, at);
    if (frame !== undefined) {
      deliveries.push(frame.delivery);
      at = frame.end;
      continue;
    }
    const next = findFrame(bytes, at + 1);
    damage.push(bytes.subarray(at, next));
    at = next;
  }
  return { deliveries, damage };
}

function findFrame(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(magic, from); at !== -1; at = bytes.indexOf(magic, at + 1)) {
    if (readFrame(bytes, at) !== undefined) return at;
  }
  return bytes.length;
}

function readFrame(bytes: Buffer, at: number): { delivery: Delivery; end: number } | undefined {
  if (bytes.length - at < prefixBytes + 4 || magic.compare(bytes, at, at + magic.length) !== 0) return undefined;
  const end = at + prefixBytes + bytes.readUInt32BE(at + 4);
  if (end > bytes.length || end - at - prefixBytes > longestPayload || end < at + prefixBytes + 4) return undefined;
  const payload = bytes.subarray(at + prefixBytes, end);
  if (crc32(payload) !== bytes.readUInt32BE(at + 8)) return undefined;
  const bodyStart = 4 + payload.readUInt32BE(0);
  if (bodyStart > payload.length) return undefined;
  try {
    const head = JSON.parse(payload.toString("utf8", 4, bodyStart)) as Omit<Delivery, "body">;
    return { delivery: { ...head, body: payload.subarray(bodyStart) }, end };
  } catch {
    return undefined;
  }
}
