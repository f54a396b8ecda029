import type { Pool } from "pg";
import type { App } from "../../app.ts";
import type { EventFilter } from "../../gateway/inbox/event-filter.ts";
import { eventStates, type EventState } from "../../gateway/inbox/inbox-row.ts";
import { parseMoment } from "../../gateway/inbox/parse-time.ts";
import { Failure } from "../../kernel/failure.ts";
import { formatDuration } from "../../kernel/duration.ts";
import { message, say, verbatim, type Language } from "../../kernel/message.ts";
import { usage } from "../arguments.ts";
import type { Call, Option } from "../command.ts";
import { operatorName } from "../operator.ts";

/** Options that choose events of the inbox. */
export const filterOptions: Readonly<Record<string, Option>> = {
  since: { value: "TIME", what: message("option.queue-since") },
  until: { value: "TIME", what: message("option.queue-until") },
  company: { value: "ID", what: message("option.queue-company") },
  provider: { value: "NAME", what: message("option.queue-provider") },
  type: { value: "TYPE", what: message("option.queue-type") },
  state: { value: "STATE,…", what: message("option.queue-state") },
};

/** @throws {Failure} usage */
export function readFilter(command: string, { values, app }: Pick<Call, "values" | "app">): EventFilter {
  const moment = (name: string): number | undefined => {
    const text = values.get(name);
    if (text === undefined) return undefined;
    const at = parseMoment(text, app.clock.now(), app.timeZone);
    if (at === undefined) throw usage(command, message("queue.moment-wrong", { text }));
    return at;
  };
  const states = values.get("state")?.split(",");
  const unknown = states?.find((state) => !(eventStates as readonly string[]).includes(state));
  if (unknown !== undefined) throw usage(command, message("queue.state-wrong", { state: unknown, known: eventStates.join(", ") }));
  const given = {
    since: moment("since"),
    until: moment("until"),
    provider: values.get("provider"),
    company: values.get("company"),
    type: values.get("type"),
    states,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as EventFilter;
}

/** @throws {Failure} usage */
export function readCount(command: string, { values }: Pick<Call, "values">, option: string, standard: number): number {
  const text = values.get(option);
  if (text === undefined) return standard;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw usage(command, message("queue.number-wrong", { option: `--${option}` }));
  return Number(text);
}

/** Numbers of events, separated by blanks or commas. @throws {Failure} usage */
export function readIds(command: string, words: readonly string[]): string[] {
  const ids = words.flatMap((word) => word.split(",")).filter((word) => word !== "");
  const wrong = ids.find((id) => !/^[1-9]\d{0,17}$/.test(id));
  if (wrong !== undefined) throw usage(command, message("queue.ids-wrong", { text: wrong }));
  return [...new Set(ids)];
}

/** @throws {Failure} usage */
export function readReason(command: string, { values }: Pick<Call, "values">): string {
  const reason = values.get("reason")?.trim() ?? "";
  if (reason === "") throw usage(command, message("queue.reason-missing"));
  return reason;
}

/** @throws {Failure} store-unreachable */
export async function openInboxStore(app: App): Promise<Pool> {
  const { store, reason } = await app.durable();
  if (store !== undefined) return store.pool;
  throw new Failure("store-unreachable", message("queue.no-store", { reason: reason ?? verbatim("?") }), message("queue.no-store-next"));
}

export function personOf({ values, app }: Pick<Call, "values" | "app">): string {
  return values.get("by")?.trim() || operatorName(app);
}

/** To the coarseness a person needs: seconds up to two minutes, minutes up to two hours, then hours. */
export function ageText(ms: number): string {
  const unitMs = ms < 120_000 ? 1000 : ms < 7_200_000 ? 60_000 : 3_600_000;
  return formatDuration(Math.max(unitMs, Math.round(ms / unitMs) * unitMs));
}

export function countsText(counts: Readonly<Partial<Record<EventState, number>>>, language: Language): string {
  const parts = eventStates.flatMap((state) =>
    counts[state] === undefined ? [] : [`${counts[state]} ${say(message(`queue.state.${state}`), language)}`],
  );
  return parts.join(", ");
}
