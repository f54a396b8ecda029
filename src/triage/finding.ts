import type { Message } from "../kernel/message.ts";
import { zones, type Cause, type Zone } from "../probes/cause.ts";

/** Something that is wrong, seen by one or more probes and confirmed. One per cause and subject. */
export type Finding = {
  readonly cause: Cause;
  /** The service, database, vendor, queue or host it is about. */
  readonly subject: string;
  readonly host: string;
  readonly zone: Zone;
  readonly message: Message;
  readonly probeIds: readonly string[];
  readonly evidence?: string;
  readonly measures?: Readonly<Record<string, number>>;
  /** The subject that explains it: this finding is muted while that one is down (inhibition). */
  readonly mutedBy?: string;
  /** Epoch ms of the first look that saw it. */
  readonly since: number;
};

/** A probe that could not look. Never to be read as "ok". */
export type BlindSpot = { readonly probeId: string; readonly subject: string; readonly message: Message };

export function findingKey(finding: Pick<Finding, "cause" | "subject">): string {
  return `${finding.cause}/${finding.subject}`;
}

/** The worst zone, `undefined` when there is none: all clear. */
export function worstZone(given: readonly Zone[]): Zone | undefined {
  return zones.findLast((zone) => given.includes(zone));
}
