import { open, readFile, stat } from "node:fs/promises";

/** Linux reports times of processes in 1/100 s on every platform we run on (USER_HZ, proc(5)). */
const ticksPerSecond = 100;
const keptBytes = 2000;

/**
 * What `lookText` of plain-process-text.ts prints, read from /proc in this process: a service of our own machine is looked at
 * every second and several times during a repair, and a shell costs a hundred times as much.
 */
export async function lookHere(pidFile: string, logFile: string): Promise<string> {
  const { why, pid, letter, tick } = await findProcess(pidFile);
  const head = `Why=${why}\nPid=${pid}\nLetter=${letter}\n`;
  return why === "alive" ? `${head}Since=${Math.floor((await bootedAt()) + tick / ticksPerSecond)}\n` : head + (await lastWords(logFile));
}

type Found = { readonly why: string; readonly pid: string; readonly letter: string; readonly tick: number };

/** Who is meant and why it counts or not; the rules and their reasons stand in `findProcessText`. */
async function findProcess(pidFile: string): Promise<Found> {
  const written = await readText(pidFile);
  if (written === undefined) return { why: "absent", pid: "", letter: "", tick: 0 };
  const pid = firstLine(written).trim().split(/\s+/)[0] ?? "";
  if (!/^\d+$/.test(pid)) return { why: "garbage", pid: "", letter: "", tick: 0 };
  const text = await readText(`/proc/${pid}/stat`);
  if (text === undefined) return { why: "gone", pid, letter: "", tick: 0 };
  const fields = text
    .slice(text.lastIndexOf(")") + 1)
    .trim()
    .split(" ");
  const found = { pid, letter: fields[0] ?? "", tick: Number(fields[19] ?? 0) };
  if (/^[ZXx]$/.test(found.letter)) return { ...found, why: "exited" };
  const known = firstLine((await readText(`${pidFile}.identity`)) ?? "").trim();
  if (known === `${pid} ${found.tick} ${await bootId()}`) return { ...found, why: "alive" };
  if (known.startsWith(`${pid} `)) return { ...found, why: "recycled" };
  const writtenAt = await stat(pidFile).then(
    ({ mtimeMs }) => Math.floor(mtimeMs / 1000),
    () => 0,
  );
  const isLater = Math.floor((await bootedAt()) + found.tick / ticksPerSecond) > writtenAt + 2;
  return { ...found, why: isLater ? "recycled" : "alive" };
}

let boot: Promise<string> | undefined;
function bootId(): Promise<string> {
  return (boot ??= readFile("/proc/sys/kernel/random/boot_id", "utf8").then((text) => text.trim()));
}

/** Seconds since the epoch; read anew each time, because setting the clock moves it. */
async function bootedAt(): Promise<number> {
  return Number(/^btime (\d+)$/m.exec(await readFile("/proc/stat", "utf8"))?.[1] ?? 0);
}

async function lastWords(logFile: string): Promise<string> {
  const file = await open(logFile, "r").catch(() => undefined);
  if (file === undefined) return "";
  try {
    const { size } = await file.stat();
    const length = Math.min(size, keptBytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const text = buffer.toString("utf8").replaceAll("\0", "");
    if (text === "") return "";
    const lines = text.replace(/\n$/, "").split("\n").slice(-5);
    return lines.map((line) => `Line=${line.slice(0, 400)}\n`).join("");
  } catch {
    return ""; // a folder, or gone meanwhile: no words to show
  } finally {
    await file.close();
  }
}

async function readText(file: string): Promise<string | undefined> {
  return await readFile(file, "utf8").catch(() => undefined);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
