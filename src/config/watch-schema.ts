import { z } from "zod";
import type { Zone } from "../probes/cause.ts";
import { findProbeKind, probeKinds } from "../probes/catalogue.ts";
import type { ProbeKind } from "../probes/probe.ts";
import { namePattern, referenceSchema, watchFields, type Damping, type Watch } from "./fields.ts";

type Shape = Record<string, z.core.$ZodType>;

/** Where a look is made from, for things that do not belong to a host by themselves. */
export const placeFields = {
  host: referenceSchema.optional().describe("Host the look is made from; default local"),
  subject: referenceSchema.optional().describe("Name the finding speaks about; default the name of the entry"),
} as const;

/**
 * The fields of one kind of probe, its own rules included, together with fields of ours.
 * A field that both have means the probe's. `omit`: fields that Ampel fills in itself.
 */
export function extendKind(kind: ProbeKind, ours: Shape, omit: readonly string[] = []): z.ZodObject {
  const own = kind.schema.shape;
  const added = Object.fromEntries(Object.entries(ours).filter(([key]) => !(key in own) || omit.includes(key)));
  if (omit.length === 0) return kind.schema.safeExtend(added);
  // Rules over several fields cannot hold while one of them is missing: the probe's schema runs again once all are filled in.
  const kept = Object.fromEntries(Object.entries(own).filter(([key]) => !omit.includes(key)));
  return z.strictObject({ ...kept, ...added });
}

/** Takes the two halves of an entry apart: what the probe gets, and when and for whom it looks. */
export function toWatch(kind: ProbeKind, entry: Readonly<Record<string, unknown>>): Watch {
  const spec = Object.fromEntries(Object.entries(entry).filter(([key, value]) => key in kind.schema.shape && value !== undefined));
  // A word that the probe uses itself (a heartbeat's `every`) is the probe's.
  const { host, subject, dependsOn, zone, every, deadline, damping } = Object.fromEntries(
    Object.entries(entry).filter(([key]) => !(key in kind.schema.shape)),
  ) as {
    host?: string;
    subject?: string;
    dependsOn?: string[];
    zone?: Zone;
    every?: number;
    deadline?: number;
    damping?: Damping;
  };
  return {
    kind: kind.kind,
    spec,
    dependsOn: dependsOn ?? [],
    ...(host === undefined ? {} : { host }),
    ...(subject === undefined ? {} : { subject }),
    ...(zone === undefined ? {} : { zone }),
    ...(every === undefined ? {} : { everyMs: every }),
    ...(deadline === undefined ? {} : { deadlineMs: deadline }),
    ...(damping === undefined ? {} : { damping }),
  };
}

/** A kind this file counts on; that it is missing from the catalogue is our own fault. */
export function requireKind(name: string): ProbeKind {
  const kind = findProbeKind(name);
  if (kind === undefined) throw new TypeError(`no probe kind ${name} in the catalogue`);
  return kind;
}

/** A section whose entries are all of one kind (`backups`, `logs` …). `named`: a field of the probe that the entry's name fills in. */
export function watchedSection(kindName: string, description: string, named?: string): z.ZodType<Record<string, Watch>> {
  const kind = requireKind(kindName);
  const entry = extendKind(kind, { ...placeFields, ...watchFields }).transform((given) => toWatch(kind, given));
  if (named === undefined) return sectionOf(entry, description);
  const unnamed = extendKind(kind, { ...placeFields, ...watchFields }, [named]);
  return z
    .record(z.string().regex(namePattern, { error: "name" }), unnamed)
    .optional()
    .default({})
    .transform((entries) =>
      Object.fromEntries(Object.entries(entries).map(([name, given]) => [name, toWatch(kind, { ...given, [named]: name })])),
    )
    .describe(description);
}

/** `probes`: an entry of any kind, chosen by `kind`. */
export function probesSection(description: string): z.ZodType<Record<string, Watch>> {
  const entries = probeKinds.map((kind: ProbeKind) =>
    extendKind(kind, { ...placeFields, ...watchFields, kind: z.literal(kind.kind) }).transform((given) => toWatch(kind, given)),
  );
  return sectionOf(z.discriminatedUnion("kind", entries as never) as z.ZodType<Watch>, description);
}

export function sectionOf<Entry>(entry: z.ZodType<Entry>, description: string): z.ZodType<Record<string, Entry>> {
  return z
    .record(z.string().regex(namePattern, { error: "name" }), entry)
    .optional()
    .default({})
    .describe(description);
}
