import fc from "fast-check";
import { expect, test } from "vitest";
import type { Delivery } from "../delivery.ts";
import { decodeFrames, encodeFrame } from "./frame.ts";

function delivery(dedupKey: string, body: Uint8Array): Delivery {
  return {
    provider: "retell",
    eventType: "call_ended",
    dedupKey,
    orderingKey: dedupKey,
    receivedAt: 1,
    verdict: "verified",
    source: "live",
    method: "POST",
    url: "https://gw.example.test/",
    headers: { "x-note": "Grüße" },
    body: Buffer.from(body),
  };
}

const deliveries = fc.array(
  fc.tuple(fc.string(), fc.uint8Array({ maxLength: 300 })).map(([key, body]) => delivery(key, body)),
  { maxLength: 6 },
);
const bytesOf = (given: readonly Delivery[]): Buffer => Buffer.concat(given.map(encodeFrame));

test("what was written is what is read", () => {
  fc.assert(
    fc.property(deliveries, (given) => {
      expect(decodeFrames(bytesOf(given))).toEqual({ deliveries: given, damage: [] });
    }),
  );
});

test("a file cut anywhere gives every whole frame, and the rest as damage: no byte is lost or invented", () => {
  fc.assert(
    fc.property(deliveries, fc.nat(), (given, place) => {
      const bytes = bytesOf(given);
      const cut = bytes.subarray(0, bytes.length === 0 ? 0 : place % bytes.length);
      const decoded = decodeFrames(cut);
      expect(decoded.deliveries).toEqual(given.slice(0, decoded.deliveries.length));
      const damaged = decoded.damage.reduce((sum, { length }) => sum + length, 0);
      expect(bytesOf(decoded.deliveries).length + damaged).toBe(cut.length);
    }),
  );
});

test("a flipped bit costs one frame, never the ones behind it", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(7), (place, bit) => {
      const given = ["a", "b", "c"].map((key) => delivery(key, Buffer.from(`body of ${key}`)));
      const bytes = bytesOf(given);
      const at = place % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      const { deliveries: read, damage } = decodeFrames(bytes);
      const hit = given.findIndex((_, index) => at < bytesOf(given.slice(0, index + 1)).length);
      expect(read).toEqual(given.filter((_, index) => index !== hit));
      expect(damage.length).toBeGreaterThan(0);
    }),
  );
});

test("any bytes at all are read without an error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      const { deliveries: read, damage } = decodeFrames(Buffer.from(bytes));
      expect(read).toEqual([]);
      expect(Buffer.concat(damage as Buffer[])).toEqual(Buffer.from(bytes));
    }),
  );
});
