import type { RedisConnection } from "../../integrations/redis.ts";

/** A job queue of the guarded system in Redis, as ampel.yaml names it. */
export type RedisQueue = {
  /** Name under `queues`. */
  readonly name: string;
  readonly format: "laravel" | "bullmq";
  readonly connection: RedisConnection;
  /** Beginning of its keys; absent = the library's own default. */
  readonly prefix?: string;
  /** Name of the queue in its library. */
  readonly queue: string;
};

/** Where waiting jobs lie. `front`: the end that workers take from; a sorted set has none. */
export type WaitingPlace = { readonly key: string; readonly front: "left" | "right" | "none" };

/**
 * Everything of a queue that waits. What workers hold is not among it and is never touched.
 * Laravel takes from the left (laravel/framework, LuaScripts.php), BullMQ from the right (bullmq, scripts/moveToActive).
 */
export function listWaitingPlaces({ format, prefix, queue }: RedisQueue): readonly WaitingPlace[] {
  if (format === "laravel") {
    const key = `${prefix ?? "laravel_database_"}queues:${queue}`;
    return [
      { key, front: "left" },
      { key: `${key}:delayed`, front: "none" },
    ];
  }
  const key = baseKey({ prefix, queue });
  return [
    { key: `${key}:wait`, front: "right" },
    { key: `${key}:paused`, front: "right" },
    { key: `${key}:prioritized`, front: "none" },
    { key: `${key}:delayed`, front: "none" },
  ];
}

/** The key that all of a BullMQ queue's keys begin with. */
export function baseKey({ prefix, queue }: { readonly prefix?: string | undefined; readonly queue: string }): string {
  return `${prefix ?? "bull"}:${queue}`;
}

/** Where workers keep what they are at. */
export function inHandKey(queue: RedisQueue): { readonly key: string; readonly kind: "zset" | "list" } {
  return queue.format === "laravel"
    ? { key: `${listWaitingPlaces(queue)[0]?.key ?? ""}:reserved`, kind: "zset" }
    : { key: `${baseKey(queue)}:active`, kind: "list" };
}

/** Beside the queue's own key, so that it shares its slot in a cluster and its meaning for whoever protects queues. */
export function parkedKeyOf(key: string, parkId: string): string {
  return `${key}:parked:${parkId}`;
}
