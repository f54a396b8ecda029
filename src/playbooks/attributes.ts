/** What an info string holds; `form` says how it was written. */
export type Info = {
  readonly language: string;
  readonly form: "none" | "json" | "pairs" | "broken";
  readonly attributes: Readonly<Record<string, string>>;
  /** What differs from the one form that every reader understands; empty when it is that form. */
  readonly flaws: readonly InfoFlaw[];
};

export type InfoFlaw = "language" | "spacing" | "extra-text" | "pairs" | "unreadable" | "nested" | "not-a-string" | "duplicate-key";

/** Keys of ours; their meaning is written in docs and checked by the parser. */
export const ownKeys = [
  "role",
  "for",
  "risk",
  "timeout",
  "retries",
  "lock",
  "idempotent",
  "host",
  "approve",
  "on-failure",
  "expect",
  "reason",
] as const;

/** Keys with Runme's meaning, kept untouched. */
export const runmeKeys = [
  ...["background", "category", "closeTerminalOnSuccess", "cwd", "excludeFromRunAll", "id", "ignore", "interactive", "interpreter"],
  ...["mimetype", "name", "promptEnv", "skipPrompts", "tag", "terminalRows", "transform"],
] as const;

/**
 * Reads an info string such as `sh {"name":"look","risk":"read"}`.
 * Accepts what Runme accepts: the `{ k=v }` form, values that are no strings, any order of keys.
 */
export function readInfo(info: string): Info {
  const language = /^[^\s{]*/.exec(info)?.[0] ?? "";
  const open = findBrace(info);
  if (open < 0) return { language, form: "none", attributes: {}, flaws: [] };
  const close = info.indexOf("}", open);
  const flaws: InfoFlaw[] = language === "" ? ["language"] : [];
  const between = info.slice(language.length, open);
  if (between.trim() !== "" || (close >= 0 && info.slice(close + 1).trim() !== "")) flaws.push("extra-text");
  else if (between !== " ") flaws.push("spacing");
  if (close < 0) return { language, form: "broken", attributes: {}, flaws: [...flaws, "unreadable"] };
  const text = info.slice(open, close + 1);
  const json = readJson(text);
  if (json !== undefined) return { language, form: "json", attributes: json.attributes, flaws: [...flaws, ...json.flaws] };
  const pairs = readPairs(text);
  if (pairs === undefined) return { language, form: "broken", attributes: {}, flaws: [...flaws, "unreadable"] };
  return { language, form: "pairs", attributes: pairs, flaws: [...flaws, "pairs"] };
}

/** The one form every reader understands: language, one space, flat JSON with keys A-Z and string values. */
export function printInfo(language: string, attributes: Readonly<Record<string, string>>): string {
  const entries = Object.entries(attributes).sort(([left], [right]) => (left < right ? -1 : 1));
  if (entries.length === 0) return language;
  return `${language} {${entries.map(([key, value]) => `${quote(key)}:${quote(value)}`).join(",")}}`;
}

/** JSON, with the two letters escaped that would end the attributes or the fence. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll("}", "\\u007d").replaceAll("`", "\\u0060");
}

function findBrace(info: string): number {
  for (let index = info.indexOf("{"); index >= 0; index = info.indexOf("{", index + 1)) {
    if (info[index + 1] !== "}") return index;
  }
  return -1;
}

function readJson(text: string): { attributes: Record<string, string>; flaws: InfoFlaw[] } | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const flaws = new Set<InfoFlaw>();
  const entries = Object.entries(parsed as Record<string, unknown>).map(([key, value]): [string, string] => {
    if (typeof value === "string") return [key, value];
    flaws.add(typeof value === "object" ? "nested" : "not-a-string");
    return [key, JSON.stringify(value)];
  });
  // JSON.parse keeps the last of two equal keys without a word; the count of keys in the text gives it away.
  if (!flaws.has("nested") && countKeys(text) > entries.length) flaws.add("duplicate-key");
  return { attributes: Object.fromEntries(entries), flaws: [...flaws] };
}

function countKeys(text: string): number {
  const strings = text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g);
  return [...strings].filter((match) => match[1] !== undefined).length;
}

function readPairs(text: string): Record<string, string> | undefined {
  const words = text.slice(1, -1).trim().split(/\s+/);
  const pairs: [string, string][] = [];
  for (const word of words) {
    const equals = word.indexOf("=");
    const key = word.slice(0, equals);
    const value = word.slice(equals + 1);
    if (equals < 1 || !/^[A-Za-z][\w.-]*$/.test(key) || /["'{]/.test(value)) return undefined;
    pairs.push([key, value]);
  }
  return Object.fromEntries(pairs);
}
