import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listCgroups, removeCgroups } from "./cgroup.ts";
import { listNamespaces, removeNamespace } from "./network.ts";

// A lab's things all carry its name: ampel-lab-PID or ampel-lab-PID-N, a host's ampel-lab-PID.HOST.
const prefix = "ampel-lab-";
const labsFolder = "/run/ampel-lab";
// nspawn removes its folder here itself, unless it was killed.
const nspawnFolder = "/run/systemd/nspawn/propagate";

/** Takes a free lab name for this process; returns it and the lab's folder for keys and logs. */
export function claimLab(): { name: string; folder: string } {
  mkdirSync(labsFolder, { recursive: true, mode: 0o700 });
  for (let turn = 1; ; turn += 1) {
    const name = turn === 1 ? `${prefix}${process.pid}` : `${prefix}${process.pid}-${turn}`;
    const folder = join(labsFolder, name);
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") continue;
      throw error;
    }
    writeFileSync(join(folder, "owner"), readStartTime(process.pid) ?? "");
    return { name, folder };
  }
}

/** Removes everything that carries the lab's name. Can run twice, also at once. */
export async function removeLab(name: string): Promise<void> {
  const ours = (other: string): boolean => other === name || other.startsWith(`${name}.`);
  for (const cgroup of listCgroups(name).filter(ours)) await removeCgroups(cgroup);
  for (const namespace of listNamespaces(name).filter(ours)) await removeNamespace(namespace);
  for (const folder of listEntries(nspawnFolder).filter(ours)) {
    rmSync(join(nspawnFolder, folder), { recursive: true, force: true });
  }
  rmSync(join(labsFolder, name), { recursive: true, force: true });
}

/** Removes the labs of processes that are gone: a crashed run cleans nothing up itself. */
export async function removeDeadLabs(): Promise<void> {
  const found = [...listEntries(labsFolder), ...listNamespaces(prefix), ...listCgroups(prefix)];
  const labs = new Set(found.map((entry) => entry.split(".")[0] ?? entry));
  for (const lab of labs) {
    const pid = /^ampel-lab-(\d+)(-\d+)?$/.exec(lab)?.[1];
    if (pid !== undefined && !isOwnerAlive(lab, Number(pid))) await removeLab(lab);
  }
}

// Pids come round again, so a living pid is the owner only if it started when the owner did.
function isOwnerAlive(lab: string, pid: number): boolean {
  const startTime = readStartTime(pid);
  if (startTime === undefined) return false;
  try {
    const claimed = readFileSync(join(labsFolder, lab, "owner"), "utf8");
    return claimed === "" || claimed === startTime;
  } catch {
    return true;
  }
}

/** When the process started, in ticks since boot (field 22 of proc_pid_stat(5)), or undefined if it is gone. */
function readStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie runs nothing any more; only its parent has not looked yet.
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function listEntries(folder: string): string[] {
  try {
    return readdirSync(folder).filter((entry) => entry.startsWith(prefix));
  } catch {
    return [];
  }
}
