import { canonicalAddress, type DnsAnswer, type RecordType } from "../integrations/dns-wire.ts";
import type { NetworkFault } from "../integrations/http-client-fault.ts";
import { message, verbatim, type Message } from "../kernel/message.ts";
import type { Observation } from "./probe.ts";

export type DnsExpectation = {
  readonly name: string;
  readonly type: RecordType;
  readonly expect?: readonly string[] | undefined;
  /** Seconds. */
  readonly maxTtl?: number | undefined;
};

/** What one authoritative server said, or why it said nothing. `serial` is the zone's state there. */
export type ServerAnswer =
  | { readonly server: string; readonly answer: DnsAnswer; readonly serial?: number | undefined }
  | { readonly server: string; readonly fault: NetworkFault };

type Heard = { server: string; values: readonly string[]; ttl: number; serial: number | undefined; rcode: number };

const rcodeNames: Readonly<Record<number, string>> = { 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED" };

/**
 * One verdict from all servers. A server that says something wrong is `down`: some callers are sent astray.
 * A server that is silent or not in charge is `degraded`: resolvers go on to the next one. So are differing
 * serials (a change is still spreading) and a TTL a failover would have to wait out.
 */
export function decideDns(all: readonly ServerAnswer[], expected: DnsExpectation): Observation {
  const { name, type } = expected;
  const broken = all.filter((each) => "fault" in each || isLame(each.answer));
  const heard = all.flatMap((each) =>
    "fault" in each || isLame(each.answer) ? [] : [listen(each.server, each.answer, each.serial, type)],
  );
  const [first] = heard;
  const evidence = all
    .map((each) => printAnswer(each, type))
    .join("\n")
    .slice(0, 2048);
  const measures = {
    servers: all.length,
    serversAnswering: heard.length,
    ...(first === undefined ? {} : { ttlSeconds: Math.max(...heard.map(({ ttl }) => ttl)) }),
  };
  const wrong = (state: "down" | "degraded", what: Message): Observation => ({
    state,
    cause: state === "down" ? "dns-wrong" : "dns-drift",
    message: what,
    measures,
    evidence,
  });

  if (first === undefined) {
    if (all.every((each) => "fault" in each && each.fault.isOurs)) {
      const reason = broken.map(reasonFor)[0] ?? "";
      return { state: "unknown", message: message("network.blind", { target: name, reason }), evidence };
    }
    return wrong("down", message("dns.none-answers", { name, servers: all.length, reason: broken.map(reasonFor)[0] ?? "" }));
  }
  const astray = findAstray(heard, expected);
  if (astray !== undefined) return wrong("down", astray);
  const [lame] = broken;
  if (lame !== undefined) return wrong("degraded", message("dns.lame", { server: lame.server, name, reason: reasonFor(lame) }));
  const serials = [...new Set(heard.map(({ serial }) => serial).filter((serial) => serial !== undefined))];
  if (serials.length > 1) return wrong("degraded", message("dns.serials", { name, serials: serials.join(", ") }));
  const ttl = Math.max(...heard.map((each) => each.ttl));
  if (expected.maxTtl !== undefined && ttl > expected.maxTtl) {
    return wrong("degraded", message("dns.ttl", { name, type, ttl, limit: expected.maxTtl }));
  }
  return {
    state: "ok",
    message: message("dns.ok", { name, type, servers: heard.length, values: print(first.values) }),
    measures,
    evidence,
  };
}

function findAstray(heard: readonly Heard[], { name, type, expect }: DnsExpectation): Message | undefined {
  const [first, ...others] = heard;
  if (first === undefined) return undefined;
  if (expect !== undefined) {
    const wanted = normalise(expect, type);
    const astray = heard.find(({ values }) => !isSame(values, wanted));
    if (astray === undefined) return undefined;
    if (astray.values.length > 0) {
      return message("dns.wrong", { name, type, server: astray.server, values: print(astray.values), expected: print(wanted) });
    }
    return message("dns.empty", { name, type, server: astray.server, reason: nameRcode(astray.rcode) });
  }
  const empty = heard.find(({ values }) => values.length === 0);
  if (empty !== undefined) return message("dns.empty", { name, type, server: empty.server, reason: nameRcode(empty.rcode) });
  const other = others.find(({ values }) => !isSame(values, first.values));
  if (other === undefined) return undefined;
  return message("dns.disagree", {
    name,
    type,
    server: first.server,
    values: print(first.values),
    other: other.server,
    otherValues: print(other.values),
  });
}

function listen(server: string, answer: DnsAnswer, serial: number | undefined, type: RecordType): Heard {
  const asked = answer.answers.filter((record) => record.type === type);
  const alias = answer.answers.find((record) => record.type === "CNAME");
  // An alias into another zone is a complete answer of this server; shown as such, it does not pass for an address.
  const values =
    asked.length === 0 && alias !== undefined
      ? [`CNAME ${alias.value}`]
      : normalise(
          asked.map(({ value }) => value),
          type,
        );
  return { server, values, ttl: Math.max(0, ...answer.answers.map(({ ttl }) => ttl)), serial, rcode: answer.rcode };
}

/** "No such name" is an answer; a refusal, a failure or an answer from hearsay is not. */
function isLame(answer: DnsAnswer): boolean {
  return !answer.isAuthoritative || (answer.rcode !== 0 && answer.rcode !== 3);
}

function reasonFor(each: ServerAnswer): string {
  if ("fault" in each) return each.fault.reason;
  return each.answer.rcode === 0 ? "no AA" : nameRcode(each.answer.rcode);
}

function nameRcode(rcode: number): string {
  return rcode === 0 ? "NODATA" : (rcodeNames[rcode] ?? `RCODE ${rcode}`);
}

/** Sorted, in one spelling: names in lower case without the last dot, addresses canonical, TXT as it stands. */
export function normalise(values: readonly string[], type: RecordType): readonly string[] {
  const spell = (value: string): string => {
    if (type === "TXT" || type === "CAA") return value;
    return canonicalAddress(value.toLowerCase().replace(/\.$/, ""));
  };
  return [...new Set(values.map(spell))].sort();
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}

function print(values: readonly string[]): Message {
  return verbatim(values.join(", ").slice(0, 300));
}

function printAnswer(each: ServerAnswer, type: RecordType): string {
  if ("fault" in each) return `${each.server}: ${each.fault.reason}`;
  const { values, ttl, serial, rcode } = listen(each.server, each.answer, each.serial, type);
  return `${each.server}: ${values.length > 0 ? values.join(", ") : nameRcode(rcode)} ttl ${ttl} serial ${serial ?? "?"}${each.answer.isAuthoritative ? "" : " not authoritative"}`;
}
