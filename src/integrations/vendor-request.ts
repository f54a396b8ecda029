import { request as startRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { UntrustedFault } from "./http-client.ts";
import { NetworkFault, reasonOf } from "./http-client-fault.ts";
import { openSocket, startTls } from "./tls-connect.ts";
import { parseJson, parseRetryAfter, type VendorAccess, type VendorReply } from "./vendor-call.ts";

export type SentRequest = {
  readonly method: "GET" | "POST" | "PATCH";
  readonly path: string;
  /** Sent as it is; its length is announced, so that a torn request is no request. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBodyBytes?: number;
};

const defaultBodyBytes = 4 * 1024 * 1024;

/**
 * One request with a body on a connection of its own. No redirect is followed, the answer is bounded, and nothing is
 * ever sent twice: whether a request may be repeated is for the caller to know.
 * @throws {NetworkFault} when no whole answer came back; the signal's reason when aborted
 */
export async function requestVendor(access: VendorAccess, sent: SentRequest, signal: AbortSignal): Promise<VendorReply> {
  signal.throwIfAborted();
  const url = new URL(access.baseUrl.replace(/\/+$/, "") + sent.path);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const isSecure = url.protocol === "https:";
  const startedMs = performance.now();
  const opened = await openSocket(
    { host, port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port), lookupTimeoutMs: access.lookupTimeoutMs },
    signal,
  );
  let { socket }: { socket: Socket } = opened;
  const abort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    if (isSecure) {
      const secured = await startTls(opened.socket, host, {}, signal);
      socket = secured.socket;
      if (secured.certificate?.distrust !== undefined) {
        throw new UntrustedFault(secured.certificate, secured.certificate.distrust, url.host);
      }
    }
    const answer = await send(url, sent, access.key, socket, signal);
    const body = await readWhole(answer, sent.maxBodyBytes ?? defaultBodyBytes, url, signal);
    return {
      url: url.origin + url.pathname,
      status: answer.statusCode ?? 0,
      json: parseJson(body),
      body,
      contentType: answer.headers["content-type"] ?? "",
      location: answer.headers.location ?? "",
      retryAfterMs: parseRetryAfter(answer.headers["retry-after"]),
      latencyMs: performance.now() - startedMs,
    };
  } finally {
    signal.removeEventListener("abort", abort);
    socket.destroy();
    opened.socket.destroy();
  }
}

async function send(url: URL, sent: SentRequest, key: string, socket: Socket, signal: AbortSignal): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(signal.aborted ? signal.reason : new NetworkFault("answer", reasonOf(error), url.host));
    // Node would wait for ever on a socket that closed before it was handed over.
    if (socket.destroyed) fail(new Error("ECONNRESET"));
    const sending = startRequest({
      createConnection: () => socket,
      method: sent.method,
      path: url.pathname + url.search,
      headers: {
        host: url.host,
        "accept-encoding": "identity",
        "user-agent": "ampel",
        accept: "application/json",
        ...(key === "" ? {} : { authorization: `Bearer ${key}` }),
        ...(sent.body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(sent.body) }),
        ...sent.headers,
      },
    });
    sending.once("response", resolve);
    // Without this listener a 101 nobody asked for would end in silence.
    sending.once("upgrade", () => fail(new Error("UPGRADE")));
    sending.on("error", fail);
    sending.once("close", () => fail(new Error("CLOSED")));
    sending.end(sent.body);
  });
}

async function readWhole(answer: IncomingMessage, limit: number, url: URL, signal: AbortSignal): Promise<string> {
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (error: unknown): void => reject(signal.aborted ? signal.reason : new NetworkFault("answer", reasonOf(error), url.host));
    answer.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= limit) return;
      fail(new Error("TOO_LONG"));
      answer.destroy();
    });
    // A body that ends with its connection also "ends" when we give up and close it ourselves.
    answer.once("end", () => (signal.aborted ? fail(signal.reason) : resolve(Buffer.concat(chunks).toString("utf8"))));
    answer.on("error", fail);
    answer.once("close", () => fail(new Error("ECONNRESET")));
  });
}
