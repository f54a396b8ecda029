import type { Language } from "../kernel/message.ts";

type Place = { readonly language: Language; readonly timeZone: string };

/** A moment to the second, in the operator's language and zone. */
export function momentText(at: number, { language, timeZone }: Place): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "medium", timeZone }).format(at);
}

/** A moment to the minute: what was promised or agreed. */
export function minuteText(at: number, { language, timeZone }: Place): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "short", timeZone }).format(at);
}
