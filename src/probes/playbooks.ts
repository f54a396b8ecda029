import { z } from "zod";
import { Failure } from "../kernel/failure.ts";
import { message, say, verbatim, type Message } from "../kernel/message.ts";
import type { Host } from "../integrations/host.ts";
import type { Reference } from "../playbooks/references.ts";
import { defineProbe } from "./probe.ts";

const names = z.array(z.string()).optional();
const schema = z
  .strictObject({
    folders: z.array(z.string().min(1)).min(1).describe("Folders with playbooks; filled in by Ampel"),
    // What exists in our own world. Without them such references stay unchecked, and the probe says so.
    commands: names.describe("Commands of Ampel that exist; filled in by Ampel"),
    hosts: names.describe("Hosts that exist; filled in by Ampel"),
    contacts: names.describe("People who exist; filled in by Ampel"),
  })
  .describe("Self-test of the playbooks: every command, file, unit, host, contact and address they name is there");

type Broken = { readonly place: string; readonly what: Message };

const evidenceBytes = 2048;

/**
 * Does everything the playbooks name exist? Commands, files, units and addresses are looked up on the probe's host,
 * for the steps that run there; one probe per host covers them all.
 * Measures `playbooks`, `references`, `broken`.
 */
export const playbooksProbe = defineProbe({
  kind: "playbooks",
  schema,
  // A slow host says nothing about the playbooks, and nothing named `playbooks` can be restarted.
  silence: { state: "unknown" },
  async look(spec, { host, signal, deadlineMs }) {
    // The reading of documents is loaded only when this probe looks.
    const { loadCatalogue } = await import("../playbooks/catalogue.ts");
    const { listReferences, sortReferences } = await import("../playbooks/references.ts");
    const { playbooks, problems } = await loadCatalogue(spec.folders);
    if (playbooks.length === 0 && problems.length === 0) {
      return {
        state: "degraded",
        cause: "playbook-broken",
        message: message("playbook.self-test.none", { folders: spec.folders.join(", ") }),
      };
    }
    const references = playbooks.flatMap(listReferences);
    const { commands, hosts, contacts } = spec;
    const sorted = sortReferences(references, {
      ...(commands === undefined ? {} : { commands }),
      ...(hosts === undefined ? {} : { hosts }),
      ...(contacts === undefined ? {} : { contacts }),
      playbooks: playbooks.map(({ id }) => id),
    });
    const here = sorted.remote.filter((reference) => runsOn(reference, host));
    const missing = await lookUp(here, host, signal, deadlineMs);
    const broken = [
      ...problems.map((problem): Broken => ({ place: `${problem.path}:${problem.line}`, what: problem.message })),
      ...[...sorted.broken, ...missing].map((reference): Broken => ({
        place: `${reference.path}:${reference.line}`,
        what: describe(reference, host.name),
      })),
    ];
    const measures = { playbooks: playbooks.length, references: references.length - sorted.unchecked.length, broken: broken.length };
    const [first] = broken;
    if (first !== undefined) {
      const key = problems.length > 0 ? "playbook.self-test.unreadable" : "playbook.self-test.broken";
      const count = problems.length > 0 ? new Set(problems.map(({ path }) => path)).size : broken.length;
      return {
        state: "degraded",
        cause: "playbook-broken",
        message: message(key, { count, place: first.place, what: first.what }),
        measures,
        evidence: list(broken),
      };
    }
    if (sorted.unchecked.length > 0) {
      return { state: "unknown", message: message("playbook.self-test.unchecked", { count: sorted.unchecked.length }), measures };
    }
    return {
      state: "ok",
      message: message("playbook.self-test.ok", { playbooks: measures.playbooks, references: measures.references }),
      measures,
    };
  },
});

/** A subject may stand on any host, so what its steps name must be on each. */
function runsOn(reference: Reference, host: Host): boolean {
  return reference.host === "subject" || reference.host === host.name || (reference.host === "local" && host.isLocal);
}

async function lookUp(references: readonly Reference[], host: Host, signal: AbortSignal, deadlineMs: number): Promise<Reference[]> {
  if (references.length === 0) return [];
  const { lookupScript } = await import("../playbooks/references.ts");
  const keys = [...new Set(references.map(({ kind, name }) => `${kind}\t${name}`))];
  const result = await host.script(lookupScript, { input: `${keys.join("\n")}\n`, signal, timeoutMs: deadlineMs });
  const lines = result.stdout.split("\n").filter((line) => line !== "");
  if (result.exitCode !== 0 || lines.at(-1) !== "end") {
    const reason = result.startError ?? (result.isTimedOut ? "timeout" : (result.stderr.trim().split("\n").at(-1) ?? ""));
    throw new Failure(
      "host-unreachable",
      message("playbook.self-test.host-silent", { host: host.name, reason: verbatim(reason) }),
      message("playbook.self-test.host-silent.way", { host: host.name }),
    );
  }
  const missing = new Set(lines.slice(0, -1));
  return references.filter(({ kind, name }) => missing.has(`${kind}\t${name}`));
}

function describe({ kind, name }: Reference, host: string): Message {
  return { key: `playbook.reference.${kind}`, values: { name, host } };
}

function list(broken: readonly Broken[]): string {
  return broken
    .map(({ place, what }) => `${place}: ${say(what, "en")}`)
    .join("\n")
    .slice(0, evidenceBytes);
}
