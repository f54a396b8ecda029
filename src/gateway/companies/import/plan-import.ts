import { isDeepStrictEqual } from "node:util";
import { findNearest } from "../../../config/nearest.ts";
import type { ConfigProblem } from "../../../config/problem.ts";
import { message } from "../../../kernel/message.ts";
import type { ImportRecord } from "./check-rows.ts";
import { entities, kinds, type Kind } from "./entities.ts";
import type { FieldValue } from "./fields.ts";
import { keyOf, type Present } from "./present-rows.ts";
import { problemAt } from "./raw-row.ts";

export type FieldChange = { readonly field: string; readonly from: FieldValue; readonly to: FieldValue };

/** `left`: the database has it, the file has entries of its kind and company but not this one; it stays as it is. */
export type ImportChange = { readonly kind: Kind; readonly companyId: string; readonly id: string } & (
  | { readonly action: "add" | "change"; readonly fields: readonly FieldChange[] }
  | { readonly action: "left"; readonly isActive: boolean }
);

export type ImportPlan = {
  readonly changes: readonly ImportChange[];
  readonly unchangedCount: number;
  readonly problems: readonly ConfigProblem[];
};

/** What an import would do to what is there. Pure; nothing is ever removed. */
export function planImport(records: readonly ImportRecord[], present: Present): ImportPlan {
  const problems = [
    ...findOwnerProblems(records, present),
    ...findReferenceProblems(records, present),
    ...findEventTypeProblems(records, present),
  ];
  const changes: ImportChange[] = [];
  let unchangedCount = 0;
  for (const record of records) {
    const before = present[record.kind].get(keyOf(record.kind, record.companyId, record.id));
    if (before === undefined) {
      changes.push({ ...nameOf(record), action: "add", fields: fieldsOfNew(record, problems) });
      continue;
    }
    const fields = [...record.values].flatMap(([field, to]): FieldChange[] => {
      const from = before.values.get(field) ?? null;
      return isDeepStrictEqual(from, to) ? [] : [{ field, from, to }];
    });
    if (fields.length === 0) unchangedCount += 1;
    else changes.push({ ...nameOf(record), action: "change", fields });
  }
  return { changes: [...changes, ...findLeft(records, present)], unchangedCount, problems };
}

function nameOf({ kind, companyId, id }: ImportRecord): { kind: Kind; companyId: string; id: string } {
  return { kind, companyId, id };
}

/** A new entry gets every field: what the file does not say has its default. */
function fieldsOfNew(record: ImportRecord, problems: ConfigProblem[]): FieldChange[] {
  return Object.entries(entities[record.kind].fields).map(([field, { isRequired, whenEmpty, expects }]) => {
    if (isRequired === true && !record.places.has(field)) {
      problems.push(problemAt(record.place, field, message("companies.missing", { field }), expects));
    }
    return { field, from: null, to: record.values.get(field) ?? whenEmpty ?? null };
  });
}

/** Entries of a company nobody knows, and numbers that are another's. */
function findOwnerProblems(records: readonly ImportRecord[], present: Present): ConfigProblem[] {
  const companies = new Set([...present.company.keys()].map((key) => key.split("/")[0] ?? ""));
  for (const { kind, companyId } of records) if (kind === "company") companies.add(companyId);
  return records.flatMap(({ kind, companyId, id, place }) => {
    if (!companies.has(companyId)) {
      const nearest = findNearest(companyId, [...companies]) ?? "companies.csv";
      return [
        problemAt(
          place,
          "company",
          message("companies.company-unknown", { company: companyId }),
          message("companies.company-unknown-next", { nearest }),
        ),
      ];
    }
    const owner = kind === "number" ? present.number.get(id)?.companyId : undefined;
    if (owner === undefined || owner === companyId) return [];
    return [
      problemAt(
        place,
        "id",
        message("companies.number-of-other", { number: id, company: owner }),
        message("companies.number-of-other-next", { company: owner }),
      ),
    ];
  });
}

function findReferenceProblems(records: readonly ImportRecord[], present: Present): ConfigProblem[] {
  const written = new Set(records.map(({ kind, companyId, id }) => `${kind} ${keyOf(kind, companyId, id)}`));
  return records.flatMap((record) =>
    Object.entries(entities[record.kind].references).flatMap(([field, kind]) => {
      const value = record.values.get(field) ?? null;
      const names = value === null ? [] : Array.isArray(value) ? (value as string[]) : [value as string];
      const missing = names.filter((name) => {
        const key = keyOf(kind, record.companyId, name);
        return !written.has(`${kind} ${key}`) && !present[kind].has(key);
      });
      return missing.map((name) => {
        const known = [
          ...records.filter((other) => other.kind === kind && other.companyId === record.companyId).map(({ id }) => id),
          ...[...present[kind].values()].filter(({ companyId }) => companyId === record.companyId).map(({ id }) => id),
        ];
        const nearest = findNearest(name, known) ?? [...new Set(known)].slice(0, 8).join(", ");
        return problemAt(
          record.places.get(field) ?? record.place,
          field,
          message("companies.reference-unknown", { name, section: entities[kind].section, company: record.companyId }),
          message("companies.reference-unknown-next", { section: entities[kind].section, known: nearest === "" ? "–" : nearest }),
        );
      });
    }),
  );
}

/** Cal.com's events name only the event type: two companies on one would make it nobody's. */
function findEventTypeProblems(records: readonly ImportRecord[], present: Present): ConfigProblem[] {
  const ownerOf = new Map<FieldValue, string>();
  for (const { companyId, id, values } of present.service.values()) {
    const isRewritten = records.some(
      (record) => record.kind === "service" && record.companyId === companyId && record.id === id && record.values.has("calcomEventType"),
    );
    if (!isRewritten) ownerOf.set(values.get("calcomEventType") ?? null, companyId);
  }
  return records.flatMap((record) => {
    const eventType = record.kind === "service" ? (record.values.get("calcomEventType") ?? null) : null;
    if (eventType === null) return [];
    const owner = ownerOf.get(eventType);
    ownerOf.set(eventType, owner ?? record.companyId);
    if (owner === undefined || owner === record.companyId) return [];
    const what = message("companies.event-type-of-other", { eventType: String(eventType as number), company: owner });
    return [
      problemAt(
        record.places.get("calcomEventType") ?? record.place,
        "calcomEventType",
        what,
        message("companies.event-type-of-other-next"),
      ),
    ];
  });
}

function findLeft(records: readonly ImportRecord[], present: Present): ImportChange[] {
  const inFile = new Set(records.map(({ kind, companyId, id }) => `${kind} ${keyOf(kind, companyId, id)}`));
  const coveredKinds = new Set(records.map(({ kind, companyId }) => `${kind} ${companyId}`));
  return kinds
    .filter((kind) => kind !== "customer" && kind !== "company")
    .flatMap((kind) =>
      [...present[kind]].flatMap(([key, { companyId, id, values }]): ImportChange[] =>
        coveredKinds.has(`${kind} ${companyId}`) && !inFile.has(`${kind} ${key}`)
          ? [{ kind, companyId, id, action: "left", isActive: values.get("isActive") !== false }]
          : [],
      ),
    );
}
