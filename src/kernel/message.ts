import { catalogue } from "./texts/catalogue.ts";

export const languages = ["de", "en"] as const;
export type Language = (typeof languages)[number];

export type MessageKey = keyof typeof catalogue;
export type MessageValue = string | number | Message;

/** A sentence for the operator, kept as data so that it can be stored, and said in any language later. */
export type Message = { readonly key: string; readonly values: Readonly<Record<string, MessageValue>> };

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never;
type ValuesOf<Key extends MessageKey> = Record<Placeholders<(typeof catalogue)[Key]["en"]>, MessageValue>;

/** Builds a message; the compiler demands exactly the placeholders of its English wording. */
export function message<Key extends MessageKey>(
  key: Key,
  ...values: [Placeholders<(typeof catalogue)[Key]["en"]>] extends [never] ? [] : [ValuesOf<Key>]
): Message {
  return { key, values: values[0] ?? {} };
}

/** A text that comes from outside (a vendor's error, a playbook's prose) and stays as it is in every language. */
export function verbatim(text: string): Message {
  return { key: "verbatim", values: { text } };
}

/** Several messages as one, joined by a semicolon. */
export function join(messages: readonly Message[]): Message {
  const [first, ...rest] = messages;
  if (first === undefined) return verbatim("");
  return rest.length === 0 ? first : { key: "join", values: { first, rest: join(rest) } };
}

/** The sentence in one language. A key written by a newer version is shown as its values, never hidden. */
export function say(what: Message, language: Language): string {
  const wording = (catalogue as Record<string, Record<Language, string> | undefined>)[what.key];
  if (wording === undefined) return `${what.key} ${JSON.stringify(what.values)}`;
  return wording[language].replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = what.values[name];
    if (value === undefined) return `{${name}}`;
    return typeof value === "object" ? say(value, language) : String(value);
  });
}
