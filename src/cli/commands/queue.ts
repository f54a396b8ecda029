import { existsSync } from "node:fs";
import type { App } from "../../app.ts";
import { listConfiguredQueues, readConfiguredQueue, type ConfiguredQueue } from "../../gateway/queues/configured-queues.ts";
import { listManifests, parkFolder } from "../../gateway/queues/park-file.ts";
import { parkRedis, readRedisDepth, restoreRedis } from "../../gateway/queues/park-redis.ts";
import { countWaiting, listInboxParks, parkInbox, restoreInbox, type InboxQueue } from "../../gateway/inbox/park.ts";
import { readQueueStatus } from "../../gateway/inbox/queue-status.ts";
import { providers } from "../../gateway/delivery.ts";
import { exitCodes, Failure, whatFailed } from "../../kernel/failure.ts";
import { message, say, type Message } from "../../kernel/message.ts";
import { usage } from "../arguments.ts";
import { done, type Call, type Command, type Outcome } from "../command.ts";
import { indented, type Line } from "../line.ts";
import { momentText } from "../moment-text.ts";
import { ageText, openInboxStore, personOf } from "./queue-words.ts";
import { statusLines } from "./webhook-queue.ts";

/** `webhooks` is the source's own word for it. */
const inboxNames = ["inbox", "webhooks"];

export const queueStatus: Command = {
  words: [],
  options: {},
  async run(call) {
    const { app, screen, signal } = call;
    const configured = await configuredQueues(app);
    const looks = await Promise.all(configured.map(async (queue) => ({ name: queue.name, ...(await look(queue, app, signal)) })));
    const durable = await app.durable();
    const { store } = durable;
    const inbox = store === undefined ? undefined : await readQueueStatus(store.pool, {});
    const parks = (await listParks(app)).filter(({ restoredAt }) => restoredAt === undefined);
    const lines: Line[] = looks.map(({ name, sight, problem }) =>
      sight === undefined
        ? message("queue-status.unreadable", { name, reason: problem ?? "–" })
        : message("queue-status.line", { name, depth: sight.depth, hand: sight.active ?? 0, age: ageText(sight.oldestAgeMs ?? 0) }),
    );
    const own = inbox === undefined ? [message("queue.no-store", { reason: durable.reason ?? "–" })] : statusLines(inbox, call);
    const parked =
      parks.length === 0
        ? []
        : [
            message("queue-park.title"),
            ...parks.map(({ parkId, queue, parkedAt, count, owner, reason }) =>
              indented(
                message("queue-park.line", { park: parkId, queue, at: momentText(parkedAt, app), count: count ?? "?", owner, reason }),
                screen.language,
              ),
            ),
          ];
    const isBlind = inbox === undefined || looks.some(({ sight }) => sight === undefined);
    const document = {
      queues: looks.map(({ name, sight, problem }) => ({
        name,
        ...sight,
        ...(problem === undefined ? {} : { problem: say(problem, screen.language) }),
      })),
      inbox,
      parked: parks,
    };
    return done(document, [...own, ...lines, ...parked], isBlind ? exitCodes.refused : exitCodes.allClear);
  },
};

type Look = { readonly sight?: Awaited<ReturnType<typeof readConfiguredQueue>>; readonly problem?: Message };

async function look(queue: ConfiguredQueue, { clock }: App, signal: AbortSignal): Promise<Look> {
  try {
    return { sight: await readConfiguredQueue(queue, clock.now(), signal) };
  } catch (error) {
    signal.throwIfAborted();
    return { problem: whatFailed(error) };
  }
}

/** Parks, never deletes. */
export const queueClear: Command = {
  words: ["NAME"],
  options: {
    reason: { value: "TEXT", what: message("option.reason") },
    by: { value: "NAME", what: message("option.quarantine-by") },
    confirm: { what: message("cli.option.confirm") },
  },
  async run(call) {
    const { app, words, isDryRun, signal } = call;
    const [name = ""] = words;
    const queue = await findQueue(app, name);
    if ("kind" in queue && queue.kind === "sql") {
      throw new Failure("refused-unsafe", message("queue-park.sql", { name }), message("queue-park.sql-next"));
    }
    const isInbox = !("kind" in queue);
    const depth = isInbox
      ? { waiting: await countWaiting(await openInboxStore(app), queue), inHand: 0 }
      : await readRedisDepth(queue, signal);
    const would = message("queue-park.would", { queue: name, count: depth.waiting, hand: depth.inHand });
    if (isDryRun) return done({ isDryRun, queue: name, ...depth }, [would]);
    await confirmOnce(call, would);
    const about = { stateFolder: app.stateFolder, reason: call.values.get("reason") ?? "queue:clear", owner: personOf(call) };
    const park = isInbox
      ? await parkInbox(await openInboxStore(app), queue, about)
      : await parkRedis(queue, { ...about, now: app.clock.now(), signal });
    const { parkId, count, inHand, file = "–" } = park;
    return done(park, [
      message("queue-park.parked", { queue: name, count, park: parkId, hand: inHand, file }),
      message("queue-park.undo", { park: parkId }),
    ]);
  },
};

export const queueRestore: Command = {
  words: ["PARK"],
  options: {},
  async run({ app, words: [parkId = ""], isDryRun, signal }) {
    const manifest = (await listManifests(app.stateFolder)).find((each) => each.parkId === parkId);
    if (manifest === undefined) return showRestored(parkId, await restoreInbox(await openInboxStore(app), parkId, isDryRun), isDryRun);
    const queue = (await configuredQueues(app)).find(({ name }) => name === manifest.queue);
    if (queue?.kind !== "redis") throw await queueUnknown(app, manifest.queue);
    return showRestored(
      parkId,
      await restoreRedis(queue, manifest, { stateFolder: app.stateFolder, now: app.clock.now(), isDryRun, signal }),
      isDryRun,
    );
  },
};

function showRestored(parkId: string, count: number, isDryRun: boolean): Outcome {
  const text = count === 0 ? "queue-park.restored-before" : isDryRun ? "queue-park.would-restore" : "queue-park.restored";
  const line = text === "queue-park.restored-before" ? message(text, { park: parkId }) : message(text, { park: parkId, count });
  return done({ parkId, count, isDryRun }, [line]);
}

/** `inbox`, `inbox:retell`, `inbox:retell:call_ended`, or a name under `queues` of ampel.yaml. */
async function findQueue(app: App, name: string): Promise<InboxQueue | ConfiguredQueue> {
  const configured = (await configuredQueues(app)).find((queue) => queue.name === name);
  if (configured !== undefined) return configured;
  const [head = "", provider, ...type] = name.split(":");
  const isInbox = inboxNames.includes(head) && (provider === undefined || (providers as readonly string[]).includes(provider));
  if (!isInbox) throw await queueUnknown(app, name);
  return { name, ...(provider === undefined ? {} : { provider }), ...(type.length === 0 ? {} : { type: type.join(":") }) };
}

async function queueUnknown(app: App, name: string): Promise<Failure> {
  const known = [...(await configuredQueues(app)).map((queue) => queue.name), "inbox", ...providers.map((provider) => `inbox:${provider}`)];
  return usage("queue:clear", message("queue-park.queue-unknown", { name, known: known.join(", ") }));
}

async function configuredQueues(app: App): Promise<ConfiguredQueue[]> {
  const found = await app.findConfig();
  return found === undefined ? [] : listConfiguredQueues(found.config);
}

type Park = {
  parkId: string;
  queue: string;
  count?: number | undefined;
  parkedAt: number;
  owner: string;
  reason: string;
  restoredAt?: number | undefined;
};

async function listParks(app: App): Promise<Park[]> {
  const manifests = existsSync(parkFolder(app.stateFolder)) ? await listManifests(app.stateFolder) : [];
  const { store } = await app.durable();
  const inbox = store === undefined ? [] : await listInboxParks(store.pool);
  return [...manifests, ...inbox].toSorted((left, right) => right.parkedAt - left.parkedAt);
}

async function confirmOnce({ flags, screen }: Call, would: Message): Promise<void> {
  if (flags.has("confirm")) return;
  screen.tell(would);
  const yes = say(message("approval.yes"), screen.language);
  const answer = await screen.ask(message("approval.question", { word: yes }));
  if (answer?.toLowerCase() !== yes) throw new Failure("approval-missing", message("cli.not-confirmed"), message("cli.not-confirmed-next"));
}
