/** What a key's name gives away. Anything but `cache` must never be deleted in passing. */
export type KeyFamily = "cache" | "queue" | "login" | "lock" | "guard";

const queue = [
  /(^|[^a-z])queues:[^:]+(:delayed|:reserved|:notify)?$/i, // Laravel
  /horizon:/i,
  /^[^:]*bull(mq)?[^:]*:[^:]+:/i, // BullMQ and Bull with their own prefixes
  /(^|[:_-])(resque|sidekiq|celery|rq|kombu)\b/i,
  /(^|:)queue:/i,
];
const login = [/(^|[:_-])(sess|session|sessions|phpredis_session|refresh_tokens?|login)[:_]/i, /(^|[:_])[A-Za-z0-9]*[A-Z][A-Za-z0-9]*$/];
const lock = [
  /(^|[^a-z])(lock|locks|mutex|semaphore|redlock)([^a-z]|$)/i,
  /laravel_unique_job/i,
  /framework\/schedule-/i,
  /illuminate:queue:(restart|paused)/i,
  /without-overlapping/i,
];
// Losing them does harm later: a breaker that forgets, a webhook that is processed twice. They are spared, not a reason to refuse.
const guard = [/circuit[-_]?breaker/i, /(^|[^a-z])(idempoten\w*|dedup\w*)/i, /webhook\S*(processed|seen)/i];
/** BullMQ under any prefix; only where the key is no plain text, because caches have such names too. */
const bullSuffix = /:(wait|active|prioritized|delayed|paused|completed|failed|stalled|marker|meta|events|pc)$/;

/** The same with the kind of value Redis keeps under the key. */
export function familyOfKind(key: string, kind: string): KeyFamily {
  if (kind !== "string" && bullSuffix.test(key)) return "queue";
  // A cache keeps texts, hashes and sets; who keeps a list or a stream keeps an order of work.
  return kind === "list" || kind === "stream" ? "queue" : familyOf(key);
}

/** By the name alone. A Laravel login is a bare random name of 40 letters and digits, capitals among them; a cache key's hash has none. */
export function familyOf(key: string): KeyFamily {
  if (queue.some((pattern) => pattern.test(key))) return "queue";
  if (lock.some((pattern) => pattern.test(key))) return "lock";
  if (guard.some((pattern) => pattern.test(key))) return "guard";
  const [session = /$^/, bare = /$^/] = login;
  if (session.test(key)) return "login";
  const last = bare.exec(key)?.[0].replace(/^[:_]/, "") ?? "";
  return last.length === 40 ? "login" : "cache";
}

/** Beginnings under which queues and logins live whether or not one is there right now; first the ones of the frameworks' defaults. */
const knownStems = [
  "queues:",
  "laravel_database_queues:",
  "laravel-database-queues:",
  "laravel_horizon:",
  "horizon:",
  "bull:",
  "resque:",
  "queue:",
  "sess:",
  "session:",
  "PHPREDIS_SESSION:",
  "celery",
];

/** The part of a queue's or a login's key that all its kind share (`app_database_queues:` of `app_database_queues:webhooks`). */
export function stemOf(key: string): string {
  if (/(^|[:_])[A-Za-z0-9]{40}$/.test(key)) return key.slice(0, -40);
  const marker = /^(.*?(?:queues:|horizon:|queue:|sess(?:ion)?s?:))/i.exec(key)?.[1];
  return marker ?? key.slice(0, key.indexOf(":") + 1);
}

/**
 * A stem that a new queue's or login's key could have and that `prefix` covers; `undefined` when the prefix is apart from all.
 * A queue that is empty right now has no key: without this, a job pushed while the cache is cleared would be deleted.
 */
export function coveredStem(prefix: string, keysOutside: readonly string[]): string | undefined {
  const stems = [...knownStems, ...keysOutside.map(stemOf)];
  const covered = stems.find((stem) => stem !== "" && (stem.startsWith(prefix) || prefix.startsWith(stem)));
  if (covered !== undefined) return covered;
  // Laravel puts this before the keys of every connection, the queues' as well.
  return /[_-]database[_-]?$/i.test(prefix) ? `${prefix}queues:` : undefined;
}
