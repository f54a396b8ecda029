import type { Pool } from "pg";
import type { App } from "../../app.ts";
import { decideCallback, isDecidable, listCallbacks, type Decision, type ListedCallback } from "../../gateway/callbacks/read-callbacks.ts";
import { maskedNumber } from "../../gateway/callbacks/phone.ts";
import { readPromiseFigures } from "../../gateway/callbacks/check-promises.ts";
import { hours } from "../../kernel/clock.ts";
import { Failure } from "../../kernel/failure.ts";
import { message, verbatim, type Message } from "../../kernel/message.ts";
import { usage } from "../arguments.ts";
import { done, type Command } from "../command.ts";
import { minuteText } from "../moment-text.ts";
import { operatorName } from "../operator.ts";

export const callbackList: Command = {
  words: [],
  options: {
    company: { value: "ID", what: message("option.callback-company") },
    all: { what: message("option.callback-all") },
    full: { what: message("option.callback-full") },
  },
  async run({ app, values, flags }) {
    const pool = await callbackStore(app);
    const now = app.clock.now();
    const companyId = values.get("company");
    const found = await listCallbacks(pool, {
      ...(companyId === undefined ? {} : { companyId }),
      ...(flags.has("all") ? { endedSince: now - hours(24) } : {}),
    });
    const { kept, broken } = await readPromiseFigures(pool, now, companyId);
    const shown = found.map((callback) => showCallback(callback, flags.has("full")));
    return done({ callbacks: shown, keptIn24h: kept, brokenIn24h: broken }, [
      ...(found.length === 0 ? [message("callback.none")] : []),
      ...shown.map((callback, index) => lineOf(callback, found[index]?.promisedBy ?? 0, now, app)),
      message("callback.figures", { kept, broken }),
    ]);
  },
};

export const callbackCancel: Command = decision("callback:cancel", "cancel");
export const callbackDone: Command = decision("callback:done", "done");
export const callbackRetry: Command = decision("callback:retry", "retry");

const lines = {
  cancel: ["callback.would-cancel", "callback.cancelled"],
  done: ["callback.would-be-done", "callback.done"],
  retry: ["callback.would-release", "callback.released"],
} as const;

/** One decision about one callback; what needs no reason is only the good news. */
function decision(name: string, kind: Decision["kind"]): Command {
  return {
    words: ["ID"],
    options: { reason: { value: "TEXT", what: message("option.reason") } },
    async run({ app, words: [callbackId = ""], values, isDryRun }) {
      const why = values.get("reason")?.trim() ?? "";
      if (why === "" && kind !== "done") throw usage(name, message("switch.reason-missing"));
      const pool = await callbackStore(app);
      const before = await findCallback(pool, callbackId);
      const by = operatorName(app);
      const isDone =
        isDecidable(kind, before.state) &&
        (isDryRun || (await decideCallback(pool, callbackId, { kind, by, at: app.clock.now(), why: why === "" ? kind : why })));
      if (!isDone) throw cannotDecide(kind, isDryRun ? before : await findCallback(pool, callbackId));
      const { state } = isDryRun ? before : await findCallback(pool, callbackId);
      return done({ callbackId, state, isDryRun }, [message(lines[kind][isDryRun ? 0 : 1], { id: callbackId })]);
    },
  };
}

function cannotDecide(kind: Decision["kind"], { callbackId: id, state }: ListedCallback): Failure {
  if (state === "dialling") {
    return new Failure("refused-unsafe", message("callback.being-dialled", { id }), message("callback.being-dialled-next"));
  }
  const what =
    kind === "retry" && state === "waiting" ? message("callback.not-unclear", { id, state }) : message("callback.not-open", { id, state });
  return new Failure("refused-unsafe", what, message("callback.unknown-next"));
}

/** Callbacks live in the store; what waits in the spool is not a callback yet. @throws {Failure} store-unreachable */
export async function callbackStore(app: App): Promise<Pool> {
  const { store } = await app.durable();
  if (store !== undefined) return store.pool;
  throw new Failure("store-unreachable", message("callback.store-needed"), message("callback.store-needed-next"));
}

async function findCallback(pool: Pool, callbackId: string): Promise<ListedCallback> {
  const [found] = await listCallbacks(pool, { callbackId });
  if (found !== undefined) return found;
  throw new Failure("not-found", message("callback.unknown", { id: callbackId }), message("callback.unknown-next"));
}

type ShownCallback = Omit<ListedCallback, "promisedBy"> & { readonly promisedBy: string };

/** Whole numbers and wishes only when asked for: what a playbook calls ends up in the record. */
function showCallback({ phone, name, wish, promisedBy, ...rest }: ListedCallback, isFull: boolean): ShownCallback {
  const personal = isFull ? { phone, name, wish } : { phone: maskedNumber(phone), name: undefined, wish: undefined };
  return { ...rest, ...personal, promisedBy: new Date(promisedBy).toISOString() };
}

function lineOf(callback: ShownCallback, promisedBy: number, now: number, app: App): Message {
  const isLate = promisedBy < now && callback.attempts === 0;
  return message("callback.line", {
    id: callback.callbackId,
    company: callback.companyId,
    phone: verbatim(callback.phone),
    until: minuteText(promisedBy, app) + (isLate ? " !" : ""),
    state: callback.state,
    attempts: callback.attempts,
    more: verbatim([callback.name, callback.wish].map((text) => (text === undefined ? "" : ` · ${text}`)).join("")),
  });
}
