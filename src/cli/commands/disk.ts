import { join } from "node:path";
import { Failure } from "../../kernel/failure.ts";
import { message, type Message } from "../../kernel/message.ts";
import { listDisposable } from "../../disk/disposable-files.ts";
import { clearFiles, listClearances, restoreClearance } from "../../disk/free-space.ts";
import { measureUsage } from "../../disk/disk-usage.ts";
import type { App } from "../../app.ts";
import { usage } from "../arguments.ts";
import { done, type Command } from "../command.ts";

export const diskUsage: Command = {
  words: ["SUBJECT"],
  options: {},
  async run({ app, words: [subject = ""], signal }) {
    const disks = await locate(app, subject);
    const hostName = disks[0]?.host ?? "local";
    const host = app.openHost(hostName);
    const [usages, disposables] = await Promise.all([
      Promise.all(disks.map(async ({ path }) => ({ path, ...(await measureUsage(host, path, 15_000, signal)) }))),
      findDisposables(app, hostName, signal),
    ]);
    return done(
      { host: hostName, disks: usages, disposables: disposables.map(({ name, files, bytes }) => ({ name, files: files.length, bytes })) },
      [
        ...usages.flatMap(({ path, folders, isComplete }) => [
          message("disk.usage-title", { path, host: hostName }),
          ...folders.map(({ bytes, path: folder }) => `  ${formatBytes(bytes).padStart(9)}  ${folder}`),
          ...(isComplete ? [] : [message("disk.usage-part")]),
        ]),
        ...disposables.map(({ name, files, bytes }) => message("disk.disposable", { name, count: files.length, size: formatBytes(bytes) })),
        ...(disposables.length === 0 ? [message("disk.nothing-disposable", { host: hostName })] : []),
      ],
    );
  },
};

export const diskFree: Command = {
  words: ["SUBJECT"],
  options: { confirm: { what: message("cli.option.confirm") } },
  async run({ app, words: [subject = ""], flags, isDryRun, signal }) {
    const hostName = (await locate(app, subject))[0]?.host ?? "local";
    const found = await findDisposables(app, hostName, signal);
    const lines: Message[] = [];
    const clearances: unknown[] = [];
    if (found.length === 0) lines.push(message("disk.nothing-disposable", { host: hostName }));
    for (const { name, disposable, files, bytes } of found) {
      const size = formatBytes(bytes);
      const { park } = disposable;
      if (isDryRun || !flags.has("confirm")) {
        const count = files.length;
        lines.push(
          park === undefined
            ? message("disk.would-delete", { name, count, size })
            : message("disk.would-park", { name, count, size, park }),
        );
      } else if (files.length > 0) {
        const cleared = await clearFiles(app.openHost(hostName), disposable, files, ledger(app), app.clock.now(), signal);
        clearances.push({ id: cleared.id, name, files: files.length, bytes, park: cleared.park });
        lines.push(message("disk.freed", { name, count: files.length, size, id: cleared.id }));
      }
    }
    if (!isDryRun && !flags.has("confirm")) {
      throw new Failure("approval-missing", message("cli.not-confirmed"), message("cli.not-confirmed-next"));
    }
    return done(
      { host: hostName, isDryRun, clearances, candidates: found.map(({ name, files, bytes }) => ({ name, files: files.length, bytes })) },
      lines,
    );
  },
};

export const diskRestore: Command = {
  words: ["[ID]"],
  options: {},
  async run({ app, words: [id], isDryRun, signal }) {
    const parked = listClearances(ledger(app)).filter((clearance) => clearance.park !== undefined && !clearance.isRestored);
    const wanted = id === undefined ? parked[0] : listClearances(ledger(app)).find((clearance) => clearance.id === id);
    if (wanted === undefined) return done({ restored: 0 }, [message("disk.nothing-parked")]);
    const count = isDryRun ? wanted.files.length : await restoreClearance(app.openHost(wanted.host), wanted, ledger(app), signal);
    return done({ id: wanted.id, restored: count, isDryRun }, [message("disk.restored", { count, id: wanted.id })]);
  },
};

type Found = {
  name: string;
  disposable: Parameters<typeof listDisposable>[1];
  files: Awaited<ReturnType<typeof listDisposable>>;
  bytes: number;
};

async function findDisposables(app: App, host: string, signal: AbortSignal): Promise<Found[]> {
  const { config } = await app.loaded();
  const named = Object.entries(config.disposables).filter(([, disposable]) => disposable.host === host);
  return await Promise.all(
    named.map(async ([name, disposable]) => {
      const files = await listDisposable(app.openHost(host), disposable, signal);
      return { name, disposable, files, bytes: files.reduce((sum, file) => sum + file.bytes, 0) };
    }),
  );
}

/** Disks are named by their host, all of it, or one by its probe (`disk.main./var`). */
async function locate(app: App, subject: string): Promise<{ host: string; path: string }[]> {
  const all = (await app.probes()).filter(({ kind }) => kind === "disk");
  const disks = all.filter((probe) => probe.id === subject || probe.subject === subject || probe.host === subject);
  if (disks.length === 0) throw usage("disk:usage", message("probe.not-found", { name: subject, nearest: all[0]?.id ?? "–" }));
  return disks.map(({ host, spec }) => ({ host, path: typeof spec["path"] === "string" ? spec["path"] : "/" }));
}

function ledger(app: App): string {
  return join(app.stateFolder, "clearances");
}

/** `1.5 GiB`; powers of 1024 as the kernel counts. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${amount >= 100 || power === 0 ? Math.round(amount) : amount.toFixed(1)} ${units[power]}`;
}
