import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";

/** How far a connection got: finding the address, reaching the port, agreeing on TLS, reading the answer. */
export type NetworkStage = "lookup" | "connect" | "tls" | "answer";

// Errors that say something about this machine, not about the other side.
const ours = new Set(["EAI_AGAIN", "ENETUNREACH", "ENETDOWN", "EADDRNOTAVAIL", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EPERM", "EACCES"]);
// A resolver that does not answer is our network; a name it knows nothing of is the other side's.
const theirLookup = new Set(["ENOTFOUND", "ENODATA"]);

/** A conversation over the network that failed. `reason` is the code of the system, of OpenSSL or of the HTTP parser. */
export class NetworkFault extends Failure {
  readonly stage: NetworkStage;
  readonly reason: string;

  constructor(stage: NetworkStage, reason: string, target: string, options?: ErrorOptions) {
    super("host-unreachable", message("network.fault", { target, reason }), message("network.next"), options);
    this.stage = stage;
    this.reason = reason;
  }

  /** True when this machine could not look (no route, no resolver, no sockets left): nothing is known about the target. */
  get isOurs(): boolean {
    return this.stage === "lookup" ? !theirLookup.has(this.reason) : ours.has(this.reason);
  }
}

/** The code of an error; of several attempts, the first that speaks about the other side. */
export function reasonOf(error: unknown): string {
  const attempts = error instanceof AggregateError ? (error.errors as unknown[]).map(reasonOf) : [];
  const theirs = attempts.find((code) => !ours.has(code)) ?? attempts[0];
  if (theirs !== undefined) return theirs;
  return (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));
}
