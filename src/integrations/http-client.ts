import { request as startRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { NetworkFault, reasonOf } from "./http-client-fault.ts";
import { openSocket, startTls, type SeenCertificate, type TlsTrust } from "./tls-connect.ts";

export type HttpRequest = {
  readonly url: URL;
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Goes to this address instead of asking DNS; Host and TLS name stay those of the URL. */
  readonly connectAddress?: string | undefined;
  readonly lookupTimeoutMs?: number | undefined;
  readonly trust?: TlsTrust | undefined;
  /** Bytes of the body that are read; the rest is never fetched. Default 64 KiB. */
  readonly maxBodyBytes?: number | undefined;
};

/** Times in milliseconds: `firstByteMs` from sending to the status line, `totalMs` from the first lookup to the end of what was read. */
export type HttpAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly isBodyCut: boolean;
  readonly remoteAddress: string;
  /** Only of https. */
  readonly certificate?: SeenCertificate;
  readonly lookupMs: number;
  readonly connectMs: number;
  readonly tlsMs: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
};

/** A certificate that is not to be trusted ended the conversation before anything was sent. */
export class UntrustedFault extends NetworkFault {
  readonly certificate: SeenCertificate;

  constructor(certificate: SeenCertificate, distrust: string, target: string) {
    super("tls", distrust, target);
    this.certificate = certificate;
  }
}

const defaultBodyBytes = 64 * 1024;

/**
 * One request on a connection of its own: no redirect is followed, nothing is reused, the body is bounded,
 * and headers leave only after the server's certificate has been found good.
 * @throws {NetworkFault} with the stage it failed at; the signal's reason when aborted
 */
export async function exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const { url, trust = {} } = request;
  const isSecure = url.protocol === "https:";
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port);
  const startedMs = performance.now();
  const opened = await openSocket({ host, port, connectAddress: request.connectAddress, lookupTimeoutMs: request.lookupTimeoutMs }, signal);
  let socket = opened.socket;
  // One listener for all phases: each of thousands of hanging checks keeps as little as possible.
  const abort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    let certificate: SeenCertificate | undefined;
    let tlsMs = 0;
    if (isSecure) {
      const secured = await startTls(socket, host, trust, signal);
      ({ socket, certificate, tlsMs } = secured);
      if (certificate?.distrust !== undefined) throw new UntrustedFault(certificate, certificate.distrust, url.host);
    }
    const sentMs = performance.now();
    const answer = await send(request, socket, signal);
    const firstByteMs = performance.now() - sentMs;
    const { body, isBodyCut } = await readBody(answer, request, signal);
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      body,
      isBodyCut,
      remoteAddress: opened.remoteAddress,
      ...(certificate === undefined ? {} : { certificate }),
      lookupMs: opened.lookupMs,
      connectMs: opened.connectMs,
      tlsMs,
      firstByteMs,
      totalMs: performance.now() - startedMs,
    };
  } finally {
    signal.removeEventListener("abort", abort);
    socket.destroy();
    opened.socket.destroy();
  }
}

async function send(request: HttpRequest, socket: Socket, signal: AbortSignal): Promise<IncomingMessage> {
  const { url } = request;
  return await new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(signal.aborted ? signal.reason : new NetworkFault("answer", reasonOf(error), url.host));
    // Node would wait for ever on a socket that closed before it was handed over.
    if (socket.destroyed) fail(new Error("ECONNRESET"));
    const sending = startRequest({
      createConnection: () => socket,
      method: request.method ?? "GET",
      path: url.pathname + url.search,
      headers: { host: url.host, "accept-encoding": "identity", "user-agent": "ampel", ...request.headers },
    });
    sending.once("response", resolve);
    // Without this listener a 101 nobody asked for would end in silence.
    sending.once("upgrade", () => fail(new Error("UPGRADE")));
    sending.on("error", fail);
    sending.once("close", () => fail(new Error("CLOSED")));
    sending.end();
  });
}

async function readBody(answer: IncomingMessage, request: HttpRequest, signal: AbortSignal): Promise<{ body: string; isBodyCut: boolean }> {
  const limit = request.maxBodyBytes ?? defaultBodyBytes;
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (): void => resolve({ body: Buffer.concat(chunks).subarray(0, limit).toString("utf8"), isBodyCut: bytes > limit });
    const fail = (error: unknown): void =>
      reject(signal.aborted ? signal.reason : new NetworkFault("answer", reasonOf(error), request.url.host));
    answer.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= limit) return;
      finish();
      answer.destroy();
    });
    answer.once("end", finish);
    answer.on("error", fail);
    answer.once("close", () => fail(new Error("ECONNRESET")));
  });
}
