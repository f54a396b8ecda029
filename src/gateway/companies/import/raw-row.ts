import { findNearest } from "../../../config/nearest.ts";
import type { ConfigProblem } from "../../../config/problem.ts";
import { message, type Message } from "../../../kernel/message.ts";
import { entities, type Kind } from "./entities.ts";

/** Both count from 1; of a CSV file `column` is the cell. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

/** `null`: written, and empty. */
export type RawValue = string | readonly string[] | null;

/** One entry as a file has it, nothing judged yet. A field that is not written is not in it and stays as it is in the database. */
export type RawRow = {
  readonly kind: Kind;
  readonly companyId: string;
  readonly id: string;
  readonly fields: ReadonlyMap<string, { readonly value: RawValue; readonly place: Place }>;
  readonly place: Place;
};

export type RawFile = { readonly rows: readonly RawRow[]; readonly problems: readonly ConfigProblem[] };

export function problemAt(place: Place, field: string, what: Message, instead: Message): ConfigProblem {
  return { ...place, field, what, instead };
}

/** A file that cannot be read at all. */
export function refuseFile(place: Place, what: Message, instead: Message): RawFile {
  return { rows: [], problems: [problemAt(place, "", what, instead)] };
}

/** The field that is meant: `opening_hours` and `Opening Hours` are `openingHours`. */
export function findField(kind: Kind, written: string): string | undefined {
  return [...Object.keys(entities[kind].fields), "company", "id"].find((name) => plain(name) === plain(written));
}

export function unknownField(kind: Kind, written: string, place: Place, others: readonly string[]): ConfigProblem {
  const known = [...Object.keys(entities[kind].fields), ...others];
  const nearest = findNearest(written, known);
  const what = message("companies.unknown-field", { field: written });
  const list = known.join(", ");
  const instead =
    nearest === undefined
      ? message("companies.known-fields", { known: list })
      : message("companies.nearest-field", { nearest, known: list });
  return problemAt(place, written, what, instead);
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[\s_-]/g, "");
}
