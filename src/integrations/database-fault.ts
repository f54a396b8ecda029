import { Failure } from "../kernel/failure.ts";
import { message, type Message, type MessageKey } from "../kernel/message.ts";

/** Why a database did not do what was asked, in words that mean the same for every engine. */
export type DatabaseFaultKind =
  | "refused" // nobody listens, or it hung up
  | "unreachable" // no way there
  | "unresolved" // its name is not known here
  | "protocol" // somebody else answers
  | "credentials"
  | "database-missing"
  | "too-many-connections"
  | "starting" // it is there and starting, stopping or loading
  | "privilege"
  | "readonly"
  | "disk-full"
  | "table-missing"
  | "damaged"
  | "timeout" // a statement waited too long, mostly for a lock
  | "other";

const faultTexts = {
  refused: "db.refused",
  unreachable: "db.unreachable",
  unresolved: "db.unresolved",
  protocol: "db.protocol",
  credentials: "db.credentials",
  "database-missing": "db.database-missing",
  "too-many-connections": "db.too-many-connections",
  starting: "db.starting",
  privilege: "db.privilege",
  readonly: "db.readonly",
  "disk-full": "db.disk-full",
  "table-missing": "db.table-missing",
  damaged: "db.damaged",
  timeout: "db.timeout",
  other: "db.other",
} as const satisfies Record<DatabaseFaultKind, MessageKey>;

/** Where a database is and who asks; everything a fault's sentence may show. */
export type DatabaseTarget = {
  readonly address: string;
  readonly port: number;
  readonly socket?: string | undefined;
  readonly user?: string | undefined;
  readonly database: string | number;
};

/** A failure that also says what kind of trouble it is, so that a probe can tell down from "could not look". */
export class DatabaseFault extends Failure {
  readonly kind: DatabaseFaultKind;

  constructor(kind: DatabaseFaultKind, target: DatabaseTarget, cause: unknown) {
    super("database-unreachable", faultMessage(kind, target, cause), nextStep(kind, target), { cause });
    this.kind = kind;
  }
}

/** `127.0.0.1:3306` or the path of the socket. */
export function nameTarget(target: Pick<DatabaseTarget, "address" | "port" | "socket">): string {
  return target.socket ?? `${target.address}:${target.port}`;
}

/** The kinds that come from the network itself, whatever is spoken over it; `undefined` for anything else. */
export function networkFault(code: string): DatabaseFaultKind | undefined {
  switch (code) {
    case "ECONNREFUSED":
    case "ECONNRESET":
    case "EPIPE":
    case "ENOENT":
      return "refused";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ENETDOWN":
    case "EHOSTDOWN":
    case "ETIMEDOUT":
      return "unreachable";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "unresolved";
    case "EPROTO":
      return "protocol";
    case "EACCES":
    case "EPERM":
      return "privilege";
    default:
      return undefined;
  }
}

function nextStep(kind: DatabaseFaultKind, target: DatabaseTarget): Message {
  if (kind === "credentials" || kind === "privilege") return message("db.next-rights", { user: target.user ?? "-" });
  return message("db.next-look", { target: nameTarget(target) });
}

function faultMessage(kind: DatabaseFaultKind, target: DatabaseTarget, cause: unknown): Message {
  const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "").slice(0, 200) : String(cause);
  const values = { target: nameTarget(target), user: target.user ?? "-", database: target.database, reason };
  return { key: faultTexts[kind], values };
}
