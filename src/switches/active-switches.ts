import { formatDuration } from "../kernel/duration.ts";
import { message, type Message } from "../kernel/message.ts";
import { readKeptSwitches } from "./switch-file.ts";
import { isEndingSoon, type Switch } from "./switch.ts";

/** What is set right now, a line each, for every page an operator looks at; from a file, so that it needs no store. */
export function activeSwitches(
  stateFolder: string,
  now: number,
): { readonly switches: readonly Switch[]; readonly lines: readonly Message[] } {
  const { switches } = readKeptSwitches(stateFolder, now);
  return { switches, lines: switches.map((each) => describeSwitch(each, now)) };
}

/** One that ends soon is said to. */
export function describeSwitch(each: Switch, now: number): Message {
  const { key, value, owner, reason, expiresAt } = each;
  const values = { key, value, owner, reason, rest: restText(expiresAt - now) };
  return isEndingSoon(each, now) ? message("switch.ending", values) : message("switch.active", values);
}

/** In whole minutes, the last one in seconds. */
export function restText(ms: number): string {
  const unitMs = ms > 60_000 ? 60_000 : 1000;
  return formatDuration(Math.max(unitMs, Math.ceil(ms / unitMs) * unitMs));
}
