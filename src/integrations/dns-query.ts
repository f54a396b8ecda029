import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { isIPv6 } from "node:net";
import { findAddresses } from "./dns-lookup.ts";
import { decodeAnswer, encodeQuestion, recordTypes, type DnsAnswer, type RecordType } from "./dns-wire.ts";
import { NetworkFault, reasonOf } from "./http-client-fault.ts";
import { openSocket } from "./tls-connect.ts";

export type DnsServer = { readonly name: string; readonly address: string; readonly port: number };

// A datagram may be lost on a healthy line: three questions before a server counts as silent.
const attempts = 3;
const attemptMs = 1000;

/**
 * Puts one question to one server, by UDP, and by TCP when the answer did not fit.
 * @throws {NetworkFault} stage `answer` with reason `TIMEOUT` after three tries, or the system's code
 */
export async function askServer(server: DnsServer, name: string, type: RecordType, signal: AbortSignal): Promise<DnsAnswer> {
  const question = { id: randomInt(0x1_0000), name, type };
  const answer = await askByDatagram(server, question, signal);
  return answer.isCut ? await askByStream(server, question, signal) : answer;
}

type Question = { readonly id: number; readonly name: string; readonly type: RecordType };

async function askByDatagram(server: DnsServer, question: Question, signal: AbortSignal): Promise<DnsAnswer> {
  signal.throwIfAborted();
  if (server.address === "") throw new NetworkFault("lookup", "ENOTFOUND", server.name);
  const packet = encodeQuestion(question.id, question.name, question.type);
  return await new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(server.address) ? "udp6" : "udp4");
    let sent = 0;
    let isClosed = false;
    const close = (): void => {
      if (isClosed) return;
      isClosed = true;
      clearInterval(timer);
      signal.removeEventListener("abort", abort);
      socket.close();
    };
    const fail = (error: unknown): void => {
      close();
      reject(error);
    };
    const abort = (): void => fail(signal.reason);
    const ask = (): void => {
      if (isClosed) return;
      if (sent === attempts) return fail(new NetworkFault("answer", "TIMEOUT", nameServer(server)));
      sent += 1;
      socket.send(packet);
    };
    const timer = setInterval(ask, attemptMs);
    signal.addEventListener("abort", abort, { once: true });
    // Connected: the kernel drops packets of strangers and reports a closed port at once.
    socket.once("connect", ask);
    socket.connect(server.port, server.address);
    socket.on("error", (error) => fail(new NetworkFault("connect", reasonOf(error), nameServer(server))));
    socket.on("message", (bytes) => {
      const answer = readMatching(bytes, question);
      if (answer === undefined) return; // forged or broken: the real one may still come
      close();
      resolve(answer);
    });
  });
}

async function askByStream(server: DnsServer, question: Question, signal: AbortSignal): Promise<DnsAnswer> {
  const { socket } = await openSocket({ host: server.address, port: server.port }, signal);
  const abort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    const packet = encodeQuestion(question.id, question.name, question.type);
    socket.write(Buffer.concat([lengthOf(packet), packet]));
    let received = Buffer.alloc(0);
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) continue;
      const answer = readMatching(received.subarray(2, 2 + received.readUInt16BE(0)), question);
      if (answer !== undefined) return answer;
      break;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new NetworkFault("answer", reasonOf(error), nameServer(server));
  } finally {
    signal.removeEventListener("abort", abort);
    socket.destroy();
  }
  throw new NetworkFault("answer", "GARBAGE", nameServer(server));
}

function lengthOf(packet: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(packet.length);
  return length;
}

function readMatching(bytes: Buffer, question: Question): DnsAnswer | undefined {
  try {
    const answer = decodeAnswer(bytes);
    const isOurs = answer.isResponse && answer.id === question.id && answer.question.type === recordTypes[question.type];
    return isOurs && answer.question.name === question.name.replace(/\.$/, "").toLowerCase() ? answer : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

export function nameServer(server: DnsServer): string {
  if (server.address === "") return server.name;
  return server.name === server.address ? `${server.address}:${server.port}` : `${server.name} (${server.address})`;
}

/**
 * Every server that is authoritative for a name, found through the system's resolver: the closest zone above the
 * name, each of its name servers, each of their addresses (IPv6 only where a server has no other).
 * @throws {NetworkFault} stage `lookup`
 */
export async function findAuthoritativeServers(name: string, signal: AbortSignal): Promise<readonly DnsServer[]> {
  const names = await findNameServers(name, signal);
  const servers = await Promise.all(
    names.map(async (server) => {
      const addresses = await findAddresses(server, signal).catch((error: unknown) => {
        // A delegation to a name without an address is a finding about that server, not a reason to skip the others.
        if (error instanceof NetworkFault && !error.isOurs) return [{ address: "", family: 4 as const }];
        throw error;
      });
      const four = addresses.filter(({ family }) => family === 4);
      return (four.length > 0 ? four : addresses).map(({ address }) => ({ name: server, address, port: 53 }));
    }),
  );
  return servers.flat();
}

async function findNameServers(name: string, signal: AbortSignal): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2000, tries: 3 });
  const cancel = (): void => resolver.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  const labels = name.replace(/\.$/, "").split(".");
  try {
    for (let skipped = 0; skipped < labels.length; skipped += 1) {
      try {
        const found = await resolver.resolveNs(labels.slice(skipped).join("."));
        if (found.length > 0) return found.sort();
      } catch (error) {
        signal.throwIfAborted();
        const reason = reasonOf(error);
        if (reason !== "ENODATA" && reason !== "ENOTFOUND") throw new NetworkFault("lookup", reason, name, { cause: error });
      }
    }
    throw new NetworkFault("lookup", "ENOTFOUND", name);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
