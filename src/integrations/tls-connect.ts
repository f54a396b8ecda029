import { readFileSync, statSync } from "node:fs";
import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { findAddresses, type Address } from "./dns-lookup.ts";
import { NetworkFault, reasonOf } from "./http-client-fault.ts";

export type ConnectTarget = {
  readonly host: string;
  readonly port: number;
  /** Goes to this address instead of asking DNS; the name for TLS stays `host`. */
  readonly connectAddress?: string | undefined;
  /** Until the name must be found; before the look's deadline, so that a hanging resolver shows as itself. Default 3000. */
  readonly lookupTimeoutMs?: number | undefined;
};

export type TlsTrust = {
  /** PEM file with certificates trusted besides the public ones. */
  readonly caFile?: string | undefined;
  /** SHA-256 of the one certificate that is accepted, as hex with or without colons; chain and name count no more. */
  readonly fingerprint256?: string | undefined;
};

/** Times in milliseconds; `lookupMs` is 0 where no name had to be found. */
export type Connection<Kind extends Socket = Socket> = {
  readonly socket: Kind;
  readonly remoteAddress: string;
  readonly lookupMs: number;
  readonly connectMs: number;
};

/** What a server showed. `validFrom` and `validTo`: epoch ms UTC. */
export type SeenCertificate = {
  readonly subject: string;
  readonly issuer: string;
  readonly names: string;
  readonly validFrom: number;
  readonly validTo: number;
  readonly fingerprint256: string;
  /** Why it is not to be trusted, as OpenSSL's or Node's code; absent when all is well. */
  readonly distrust?: string;
  /** True when it stands for the name that was asked for. */
  readonly isNameRight: boolean;
};

/** An open TCP connection. The caller destroys the socket. @throws {NetworkFault} stages `lookup`, `connect` */
export async function openSocket(target: ConnectTarget, signal: AbortSignal): Promise<Connection> {
  const startedMs = performance.now();
  const addresses = await findAddresses(target.connectAddress ?? target.host, signal, target.lookupTimeoutMs);
  const foundMs = performance.now();
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opening = connect({
      host: target.connectAddress ?? target.host,
      port: target.port,
      lookup: fixedLookup(addresses),
      ...literal(addresses),
    });
    const abort = (): void => void opening.destroy(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    opening.once("connect", () => {
      signal.removeEventListener("abort", abort);
      resolve(opening);
    });
    // Stays for the socket's life: an error between two readers must not end the process.
    opening.on("error", (error) => {
      signal.removeEventListener("abort", abort);
      reject(signal.aborted ? signal.reason : new NetworkFault("connect", reasonOf(error), `${target.host}:${target.port}`));
    });
  });
  return { socket, remoteAddress: socket.remoteAddress ?? "", lookupMs: foundMs - startedMs, connectMs: performance.now() - foundMs };
}

function literal(addresses: readonly Address[]): { host?: string } {
  const [only, ...others] = addresses;
  return only !== undefined && others.length === 0 ? { host: only.address } : {};
}

function fixedLookup(addresses: readonly Address[]): LookupFunction {
  return (_name, options, done) => {
    const [first] = addresses;
    if (options.all === true) done(null, [...addresses]);
    else done(null, first?.address ?? "", first?.family ?? 4);
  };
}

/**
 * Speaks TLS on an open socket and returns what the server showed, trusted or not: judging is the caller's part,
 * and nothing of ours is sent before. @throws {NetworkFault} stage `tls` when no TLS comes about at all
 */
export async function startTls(
  socket: Socket,
  host: string,
  trust: TlsTrust,
  signal: AbortSignal,
): Promise<{ socket: TLSSocket; certificate: SeenCertificate; tlsMs: number }> {
  const startedMs = performance.now();
  const secure = await new Promise<TLSSocket>((resolve, reject) => {
    const secureContext = contextFor(trust.caFile);
    // TLS has no name indication for bare addresses (RFC 6066, section 3).
    const naming = isIP(host) === 0 ? { servername: host } : { host };
    const opening = connectTls({ socket, ...naming, secureContext, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
    const abort = (): void => void opening.destroy(signal.reason as Error);
    const fail = (error: unknown): void => {
      signal.removeEventListener("abort", abort);
      socket.destroy();
      reject(signal.aborted ? signal.reason : new NetworkFault("tls", reasonOf(error), host));
    };
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    opening.on("error", fail); // stays, as above
    opening.once("close", () => fail(new Error("ECONNRESET")));
    opening.once("secureConnect", () => {
      signal.removeEventListener("abort", abort);
      resolve(opening);
    });
  });
  return { socket: secure, certificate: readCertificate(secure, host, trust), tlsMs: performance.now() - startedMs };
}

function readCertificate(socket: TLSSocket, host: string, trust: TlsTrust): SeenCertificate {
  const shown = socket.getPeerCertificate();
  const isNameRight = checkServerIdentity(host, shown) === undefined;
  const seen = {
    subject: nameOf(shown.subject),
    issuer: nameOf(shown.issuer),
    names: shown.subjectaltname ?? "",
    validFrom: Date.parse(shown.valid_from),
    validTo: Date.parse(shown.valid_to),
    fingerprint256: shown.fingerprint256 ?? "",
    isNameRight,
  };
  if (trust.fingerprint256 !== undefined) {
    return bareHex(trust.fingerprint256) === bareHex(seen.fingerprint256) ? seen : { ...seen, distrust: "FINGERPRINT_DIFFERS" };
  }
  // Declared as Error, but Node stores the bare code here.
  const distrust = socket.authorized ? undefined : String(socket.authorizationError);
  return distrust === undefined ? seen : { ...seen, distrust };
}

function nameOf(parts: { CN?: string | string[]; O?: string | string[] } | undefined): string {
  return [parts?.CN ?? parts?.O ?? ""].flat().join(", ");
}

const bareHex = (text: string): string => text.replaceAll(":", "").toLowerCase();

// One context for all: building one reads some 150 root certificates, too dear for each of thousands of checks.
const contexts = new Map<string, { changedAt: number; context: SecureContext }>();

function contextFor(caFile: string | undefined): SecureContext {
  try {
    const changedAt = caFile === undefined ? 0 : statSync(caFile).mtimeMs;
    const known = contexts.get(caFile ?? "");
    if (known?.changedAt === changedAt) return known.context;
    const context = createSecureContext(
      caFile === undefined ? {} : { ca: [...getCACertificates("default"), readFileSync(caFile, "utf8")] },
    );
    contexts.set(caFile ?? "", { changedAt, context });
    return context;
  } catch (error) {
    const reason = reasonOf(error);
    throw new Failure("config-invalid", message("network.ca-unreadable", { path: caFile ?? "", reason }), message("network.ca-next"), {
      cause: error,
    });
  }
}
