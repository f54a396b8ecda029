import { askHost } from "../integrations/host.ts";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import type { ProbeMemory } from "../probes/probe.ts";
import type { Change, WatchedHost } from "./change.ts";
import { lookText } from "./look-text.ts";
import { readLook, type Snapshot } from "./read-look.ts";

export type ChangeRequest = {
  readonly hosts: readonly WatchedHost[];
  /** Keeps what configuration files held at the last look. */
  readonly memory: ProbeMemory;
  /** Epoch ms UTC; usually 24 hours ago. */
  readonly since: number;
  readonly now: number;
  readonly signal: AbortSignal;
  /** For each host; all are asked at once. Default 5 s. */
  readonly timeoutMs?: number;
};

const mostChanges = 200;

/**
 * What changed since then on all hosts, newest first: releases, configuration, packages, unit starts, cron, certificates,
 * playbooks, reboots. Never throws for a host: what could not be looked at stands in front, marked `isBlind`.
 */
export async function listChanges(request: ChangeRequest): Promise<Change[]> {
  const perHost = await Promise.all(request.hosts.map((watched) => lookAtHost(watched, request)));
  const all = perHost.flat();
  const blind = all.filter(({ isBlind }) => isBlind === true);
  const seen = all.filter(({ isBlind }) => isBlind !== true).toSorted((left, right) => right.at - left.at);
  return [...blind, ...seen.slice(0, mostChanges)];
}

async function lookAtHost({ host, paths }: WatchedHost, request: ChangeRequest): Promise<Change[]> {
  const { memory, since, now, signal, timeoutMs = 5_000 } = request;
  const list = (given: readonly string[] = []): string => given.join("\n");
  const env = {
    SINCE: String(Math.floor(since / 1000)),
    RELEASES: list(paths.releases),
    CONFIGURATION: list(paths.configuration),
    CERTIFICATES: list(paths.certificates),
    PLAYBOOKS: list(paths.playbooks),
  };
  try {
    const printed = await askHost(host, lookText, { signal, timeoutMs, env, maxOutputBytes: 4 * 1024 ** 2 });
    const key = `snapshot ${host.name}`;
    const { changes, snapshot } = readLook(host.name, printed, since, now, memory.get<Snapshot>(key));
    memory.set(key, snapshot);
    return changes;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [
      { at: now, kind: "host", host: host.name, isBlind: true, what: message("change.blind", { host: host.name, reason: error.what }) },
    ];
  }
}
