/** Which events of the inbox a command is about. Times: epoch ms UTC, `since` included, `until` not. */
export type EventFilter = {
  readonly since?: number;
  readonly until?: number;
  readonly provider?: string;
  readonly company?: string;
  readonly type?: string;
  readonly states?: readonly string[];
};

/** The filter as a condition, with its values from `$first` on. An absent part matches all. */
export function filterCondition(filter: EventFilter, first = 1): { readonly sql: string; readonly values: unknown[] } {
  const sql: string[] = [];
  const values: unknown[] = [];
  const add = (condition: (place: string) => string, value: unknown): void => {
    values.push(value);
    sql.push(condition(`$${first + values.length - 1}`));
  };
  if (filter.since !== undefined) add((place) => `received_at >= ${place}`, new Date(filter.since));
  if (filter.until !== undefined) add((place) => `received_at < ${place}`, new Date(filter.until));
  if (filter.provider !== undefined) add((place) => `provider = ${place}`, filter.provider);
  if (filter.company !== undefined) add((place) => `company_id = ${place}`, filter.company);
  if (filter.type !== undefined) add((place) => `event_type = ${place}`, filter.type);
  if (filter.states !== undefined) add((place) => `status = any(${place}::text[])`, filter.states);
  return { sql: sql.length === 0 ? "true" : sql.join(" and "), values };
}
