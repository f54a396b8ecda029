import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeAnswer } from "../../test/dns-server.ts";
import { canonicalAddress, decodeAnswer, encodeName, encodeQuestion, recordTypes, type RecordType } from "./dns-wire.ts";

test.each([
  ["A", "203.0.113.7", "203.0.113.7"],
  ["AAAA", "2001:db8:0:0:0:0:0:1", "2001:db8::1"],
  ["CNAME", "Other.Example.org", "other.example.org"],
  ["NS", "ns1.example.org", "ns1.example.org"],
  ["MX", "10 mail.example.org", "10 mail.example.org"],
  ["SRV", "1 2 5061 sip.example.org", "1 2 5061 sip.example.org"],
  ["TXT", "v=spf1 include:a -all", "v=spf1 include:a -all"],
  ["TXT", "x".repeat(600), "x".repeat(600)],
  ["CAA", "0 issue letsencrypt.org", "0 issue letsencrypt.org"],
] as const)("a %s record %s is read as %s", (type, written, read) => {
  const packet = encodeAnswer({ id: 7, name: "Example.org", type }, { answers: [{ name: "example.org", type, ttl: 300, value: written }] });
  expect(decodeAnswer(packet)).toMatchObject({
    id: 7,
    rcode: 0,
    isAuthoritative: true,
    answers: [{ name: "example.org", type, ttl: 300, value: read }],
  });
});

test("a SOA record gives its serial", () => {
  const packet = encodeAnswer(
    { id: 1, name: "example.org", type: "SOA" },
    { authority: [{ name: "example.org", type: "SOA", ttl: 60, value: "ns1.example.org 2027011501" }] },
  );
  expect(decodeAnswer(packet).authority).toMatchObject([{ type: "SOA", serial: 2_027_011_501 }]);
});

test("a compressed name is followed backwards, and a pointer that goes round is refused", () => {
  const question = encodeQuestion(1, "example.org", "A");
  const withPointer = (pointer: number): Buffer => {
    const packet = Buffer.concat([question, Buffer.of(0xc0, pointer, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 1)]);
    packet.writeUInt16BE(0x8400, 2);
    packet.writeUInt16BE(1, 6);
    return packet;
  };
  expect(decodeAnswer(withPointer(12)).answers).toMatchObject([{ name: "example.org", value: "192.0.2.1" }]);
  expect(() => decodeAnswer(withPointer(question.length))).toThrow(RangeError);
});

test("whatever arrives, reading ends, with a packet or a RangeError", () => {
  const base = encodeAnswer(
    { id: 7, name: "example.org", type: "MX" },
    { answers: [{ name: "example.org", type: "MX", ttl: 1, value: "10 mail.example.org" }] },
  );
  const spoiled = fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 12 }).map((changes) => {
    const packet = Buffer.from(base);
    for (const [at, byte] of changes) packet[at] = byte;
    return packet;
  });
  const noise = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(spoiled, noise), (packet) => {
      try {
        decodeAnswer(packet);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
    { numRuns: 2000 },
  );
});

test("any sane name and type survives writing and reading", () => {
  const label = fc.stringMatching(/^[a-z0-9_-]{1,20}$/);
  const types = fc.constantFrom(...(Object.keys(recordTypes) as RecordType[]));
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 6 }), types, (labels, type) => {
      expect(decodeAnswer(encodeQuestion(5, labels.join("."), type)).question).toEqual({ name: labels.join("."), type: recordTypes[type] });
    }),
  );
});

test("a label over 63 or a name over 255 bytes is refused", () => {
  expect(() => encodeName("a".repeat(64))).toThrow(RangeError);
  expect(() => encodeName(Array.from({ length: 9 }, () => "a".repeat(30)).join("."))).toThrow(RangeError);
});

test("addresses have one spelling", () => {
  expect(canonicalAddress("2001:DB8:0:0::1")).toBe("2001:db8::1");
  expect(canonicalAddress("192.0.2.1")).toBe("192.0.2.1");
  expect(canonicalAddress("::not:an:address:")).toBe("::not:an:address:");
});
