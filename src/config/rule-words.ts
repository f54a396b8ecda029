import { message, type Message } from "../kernel/message.ts";
import { findNearest } from "./nearest.ts";

/** A rule that was broken: what is wrong (when more than "not the right form") and what to write instead. */
export type RuleWords = { readonly what?: Message; readonly instead: Message };

/**
 * Schemas name a broken rule by a word (`z.regex(…, { error: "unit-name" })`); here is what it means.
 * A rule without words is still reported, with its pattern: a new probe needs no edit here.
 */
export function ruleWords(word: string, found: unknown): RuleWords | undefined {
  if (word === "timezone") return timezoneWords(String(found));
  return Object.hasOwn(known, word) ? known[word as keyof typeof known]() : undefined;
}

const known = {
  "absolute-path": () => ({ instead: message("config.format-path") }),
  address: () => ({ instead: message("config.format-address") }),
  bytes: () => ({ instead: message("config.format-bytes") }),
  "cache-one": () => ({ what: message("config.rule-cache-one"), instead: message("config.rule-cache-one-instead") }),
  "cache-redis": () => ({ what: message("config.rule-cache-redis"), instead: message("config.rule-cache-redis-instead") }),
  disposable: () => ({ instead: message("config.format-disposable") }),
  domain: () => ({ instead: message("config.format-domain") }),
  email: () => ({ instead: message("config.format-email") }),
  "file-pattern": () => ({ instead: message("config.format-file-pattern") }),
  fingerprint: () => ({ instead: message("config.format-fingerprint") }),
  name: () => ({ instead: message("config.name-rule") }),
  parameter: () => ({ instead: message("config.format-parameter") }),
  path: () => ({ instead: message("config.format-path") }),
  pattern: () => ({ instead: message("config.format-expression") }),
  "person-reach": () => ({ what: message("config.rule-person"), instead: message("config.rule-person-instead") }),
  phone: () => ({ instead: message("config.format-phone") }),
  port: () => ({ instead: message("config.format-port") }),
  "program-name": () => ({ instead: message("config.format-program") }),
  "queue-connection": () => ({ what: message("config.rule-queue"), instead: message("config.queue-engine-instead") }),
  "queue-count": () => ({ what: message("config.queue-count"), instead: message("config.queue-count-instead") }),
  "ready-one": () => ({ what: message("config.rule-ready"), instead: message("config.rule-ready-instead") }),
  "release-source": () => ({ what: message("config.rule-release"), instead: message("config.rule-release-instead") }),
  server: () => ({ instead: message("config.format-port") }),
  "service-address": () => ({ what: message("config.rule-service"), instead: message("config.rule-service-instead") }),
  "regular-expression": () => ({ instead: message("config.format-expression") }),
  status: () => ({ instead: message("config.format-status") }),
  step: () => ({ instead: message("config.format-step") }),
  "unit-name": () => ({ instead: message("config.format-unit") }),
  "user-name": () => ({ instead: message("config.format-user") }),
  url: () => ({ instead: message("config.format-url") }),
} satisfies Record<string, () => RuleWords>;

/** Every word that has words of its own; a test holds the schemas against it. */
export const ruleNames: readonly string[] = [...Object.keys(known), "timezone", "secret", "duration"];

function timezoneWords(zone: string): RuleWords {
  const nearest = findNearest(zone, Intl.supportedValuesOf("timeZone"));
  const what = message("config.rule-timezone", { zone });
  return {
    what,
    instead: nearest === undefined ? message("config.rule-timezone-instead") : message("config.rule-timezone-nearest", { nearest }),
  };
}
