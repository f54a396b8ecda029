import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { decodeAnswer, encodeName, recordTypes, type DnsRecord, type RecordType } from "../src/integrations/dns-wire.ts";

export type DnsReply = {
  readonly rcode?: number;
  readonly isAuthoritative?: boolean;
  /** Set in the answer by UDP only: the asker has to come again by TCP. */
  readonly isCut?: boolean;
  readonly answers?: readonly DnsRecord[];
  readonly authority?: readonly DnsRecord[];
};

type Question = { readonly id: number; readonly name: string; readonly type: RecordType };

/** What a server would send; `undefined` is silence, a Buffer goes out as it is. */
export type DnsScript = (question: Question) => DnsReply | Buffer | undefined;

export type DnsServerStandIn = { readonly address: string; readonly asked: () => readonly string[]; stop(): Promise<void> };

/** A name server on 127.0.0.1, on a free port unless one is given, UDP and TCP, that answers by a script. */
export async function startDnsServer(script: DnsScript, givenPort = 0): Promise<DnsServerStandIn> {
  const asked: string[] = [];
  const open = new Set<Socket>();
  const reply = (packet: Buffer, by: "udp" | "tcp"): Buffer | undefined => {
    const { id, question } = decodeAnswer(packet);
    const type = (Object.keys(recordTypes) as RecordType[]).find((name) => recordTypes[name] === question.type) ?? "A";
    asked.push(`${by} ${question.name} ${type}`);
    const given = script({ id, name: question.name, type });
    if (given === undefined || Buffer.isBuffer(given)) return given;
    return encodeAnswer(
      { id, name: question.name, type },
      by === "tcp" ? { ...given, isCut: false } : given.isCut === true ? { isCut: true } : given,
    );
  };
  const stream = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    socket.once("data", (bytes: Buffer) => {
      const packet = reply(bytes.subarray(2), "tcp");
      if (packet === undefined) return;
      socket.end(Buffer.concat([Buffer.of(packet.length >> 8, packet.length & 0xff), packet]));
    });
  });
  stream.listen(givenPort, "127.0.0.1");
  await once(stream, "listening");
  const { port } = stream.address() as AddressInfo;
  const datagrams = createSocket("udp4");
  datagrams.on("message", (bytes, from) => {
    const packet = reply(bytes, "udp");
    if (packet !== undefined) datagrams.send(packet, from.port, from.address);
  });
  datagrams.bind(port, "127.0.0.1");
  await once(datagrams, "listening");
  return {
    address: `127.0.0.1:${port}`,
    asked: () => asked,
    stop: async () => {
      for (const socket of open) socket.destroy();
      datagrams.close();
      stream.close();
      await once(stream, "close");
    },
  };
}

/** An authoritative answer as a name server sends it, without name compression. */
export function encodeAnswer(question: Question, reply: DnsReply): Buffer {
  const { rcode = 0, isAuthoritative = true, isCut = false, answers = [], authority = [] } = reply;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(question.id, 0);
  header.writeUInt16BE(0x8000 | (isAuthoritative ? 0x0400 : 0) | (isCut ? 0x0200 : 0) | rcode, 2);
  [1, answers.length, authority.length, 0].forEach((count, index) => header.writeUInt16BE(count, 4 + index * 2));
  const asked = Buffer.concat([encodeName(question.name), numbers(recordTypes[question.type], 1)]);
  return Buffer.concat([header, asked, ...[...answers, ...authority].map(encodeRecord)]);
}

function encodeRecord({ name, type, ttl, value }: DnsRecord): Buffer {
  const data = encodeValue(type, value);
  const lifetime = Buffer.alloc(4);
  lifetime.writeUInt32BE(ttl);
  return Buffer.concat([encodeName(name), numbers(recordTypes[type], 1), lifetime, numbers(data.length), data]);
}

function encodeValue(type: RecordType, value: string): Buffer {
  const words = value.split(" ");
  const last = words.at(-1) ?? "";
  switch (type) {
    case "A":
      return Buffer.from(value.split(".").map(Number));
    case "AAAA":
      return numbers(...value.split(":").map((group) => Number.parseInt(group, 16)));
    case "NS":
    case "CNAME":
      return encodeName(value);
    case "MX":
    case "SRV":
      return Buffer.concat([numbers(...words.slice(0, -1).map(Number)), encodeName(last)]);
    case "TXT":
      return Buffer.concat((value.match(/.{1,255}/gs) ?? []).map((part) => Buffer.concat([Buffer.of(part.length), Buffer.from(part)])));
    case "CAA":
      return Buffer.concat([
        Buffer.of(Number(words[0]), (words[1] ?? "").length),
        Buffer.from((words[1] ?? "") + words.slice(2).join(" ")),
      ]);
    case "SOA": {
      const figures = Buffer.alloc(20);
      figures.writeUInt32BE(Number(last));
      return Buffer.concat([encodeName(words[0] ?? ""), encodeName("hostmaster.example.org"), figures]);
    }
  }
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16BE(value, index * 2));
  return bytes;
}
