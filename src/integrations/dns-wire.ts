/** Record types a check can ask for, with their numbers (RFC 1035, 3596, 6844). */
export const recordTypes = { A: 1, NS: 2, CNAME: 5, SOA: 6, MX: 15, TXT: 16, AAAA: 28, SRV: 33, CAA: 257 } as const;
export type RecordType = keyof typeof recordTypes;

export type DnsRecord = {
  readonly name: string;
  readonly type: RecordType;
  readonly ttl: number;
  readonly value: string;
  readonly serial?: number;
};

/** `rcode` 0 = no error, 2 = server failed, 3 = no such name, 5 = refused (RFC 1035, section 4.1.1). */
export type DnsAnswer = {
  readonly id: number;
  readonly rcode: number;
  readonly isResponse: boolean;
  readonly isAuthoritative: boolean;
  readonly isCut: boolean;
  readonly question: { readonly name: string; readonly type: number };
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
};

const typeNames = new Map<number, RecordType>(Object.entries(recordTypes).map(([name, number]) => [number, name as RecordType]));
const headerBytes = 12;
const internetClass = 1;

/** One question without recursion, as a resolver puts it to an authoritative server; ASCII names only. */
export function encodeQuestion(id: number, name: string, type: RecordType): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(1, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(recordTypes[type], 0);
  tail.writeUInt16BE(internetClass, 2);
  return Buffer.concat([header, encodeName(name), tail]);
}

/** The labels of a name, each with its length before it. @throws {RangeError} for a label over 63 or a name over 255 bytes */
export function encodeName(name: string): Buffer {
  const labels = name
    .replace(/\.$/, "")
    .split(".")
    .filter((label) => label !== "");
  const parts = labels.map((label) => {
    const bytes = Buffer.from(label, "latin1");
    if (bytes.length > 63) throw new RangeError("label too long");
    return Buffer.concat([Buffer.of(bytes.length), bytes]);
  });
  const encoded = Buffer.concat([...parts, Buffer.of(0)]);
  if (encoded.length > 255) throw new RangeError("name too long");
  return encoded;
}

/**
 * Reads a packet that came from outside. Values are text: an address, a lower-case name without its last dot,
 * `10 mail.example.org` for MX, the joined string for TXT. Types unknown to us are left out.
 * @throws {RangeError} for anything that is not a complete, sane DNS packet
 */
export function decodeAnswer(packet: Buffer): DnsAnswer {
  const flags = packet.readUInt16BE(2);
  const counts = [4, 6, 8].map((at) => packet.readUInt16BE(at)) as [number, number, number];
  if (counts[0] !== 1) throw new RangeError("one question expected");
  const asked = readName(packet, headerBytes);
  const question = { name: asked.name, type: packet.readUInt16BE(asked.next) };
  const first = readRecords(packet, asked.next + 4, counts[1]);
  const second = readRecords(packet, first.next, counts[2]);
  return {
    id: packet.readUInt16BE(0),
    rcode: flags & 0x0f,
    isResponse: (flags & 0x8000) !== 0,
    isAuthoritative: (flags & 0x0400) !== 0,
    isCut: (flags & 0x0200) !== 0,
    question,
    answers: first.records,
    authority: second.records,
  };
}

function readRecords(packet: Buffer, start: number, count: number): { records: DnsRecord[]; next: number } {
  const records: DnsRecord[] = [];
  let at = start;
  for (let index = 0; index < count; index += 1) {
    const owner = readName(packet, at);
    const type = typeNames.get(packet.readUInt16BE(owner.next));
    const ttl = packet.readUInt32BE(owner.next + 4);
    const dataAt = owner.next + 10;
    const next = dataAt + packet.readUInt16BE(owner.next + 8);
    if (next > packet.length) throw new RangeError("record beyond the packet");
    if (type !== undefined) records.push({ name: owner.name, type, ttl, ...readValue(packet, type, dataAt, next) });
    at = next;
  }
  return { records, next: at };
}

function readValue(packet: Buffer, type: RecordType, start: number, end: number): { value: string; serial?: number } {
  const nameAt = (at: number): string => readName(packet, at).name;
  switch (type) {
    case "A":
      return { value: [...packet.subarray(start, end)].join(".") };
    case "AAAA": {
      const groups = Array.from({ length: 8 }, (_, index) => packet.readUInt16BE(start + index * 2).toString(16));
      return { value: canonicalAddress(groups.join(":")) };
    }
    case "NS":
    case "CNAME":
      return { value: nameAt(start) };
    case "MX":
      return { value: `${packet.readUInt16BE(start)} ${nameAt(start + 2)}` };
    case "SRV":
      return { value: `${[0, 2, 4].map((offset) => packet.readUInt16BE(start + offset)).join(" ")} ${nameAt(start + 6)}` };
    case "TXT":
      return { value: readStrings(packet, start, end) };
    case "CAA": {
      const valueAt = start + 2 + packet.readUInt8(start + 1);
      return {
        value: `${packet.readUInt8(start)} ${packet.toString("latin1", start + 2, valueAt)} ${packet.toString("utf8", valueAt, end)}`,
      };
    }
    case "SOA": {
      const primary = readName(packet, start);
      const serial = packet.readUInt32BE(readName(packet, primary.next).next);
      return { value: `${primary.name} ${serial}`, serial };
    }
  }
}

function readStrings(packet: Buffer, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end;) {
    const next = at + 1 + packet.readUInt8(at);
    if (next > end) throw new RangeError("string beyond its record");
    text += packet.toString("utf8", at + 1, next);
    at = next;
  }
  return text;
}

function readName(packet: Buffer, start: number): { name: string; next: number } {
  const labels: string[] = [];
  let at = start;
  let next: number | undefined;
  let bytes = 0;
  for (;;) {
    const length = packet.readUInt8(at);
    if (length === 0) return { name: labels.join(".").toLowerCase(), next: next ?? at + 1 };
    if (length >= 0xc0) {
      const target = packet.readUInt16BE(at) & 0x3fff;
      // Only backwards: a pointer that could go forward could go round for ever.
      if (target >= at) throw new RangeError("pointer not backwards");
      next ??= at + 2;
      at = target;
      continue;
    }
    bytes += length + 1;
    if (length > 63 || bytes > 255 || at + 1 + length > packet.length) throw new RangeError("broken name");
    labels.push(packet.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
}

/** One spelling for each IPv6 address (RFC 5952), as the URL parser writes it; other text stays as it is. */
export function canonicalAddress(text: string): string {
  if (!text.includes(":")) return text;
  try {
    return new URL(`http://[${text}]`).hostname.slice(1, -1);
  } catch {
    return text;
  }
}
