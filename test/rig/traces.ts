import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { listCgroups } from "./cgroup.ts";
import { listNamespaces } from "./network.ts";

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(join("/proc", pid, file), "utf8");
  } catch {
    return "";
  }
}

function isZombie(pid: string): boolean {
  return /^State:\s+Z/m.test(readProc(pid, "status"));
}

// Field 5 of a line of proc_pid_mountinfo(5) is the place; each process may see other mounts.
function listMounts(pid: string, lab: string): string[] {
  const lines = readProc(pid, "mountinfo").split("\n");
  return lines.filter((line) => line.includes(lab)).map((line) => `mount ${line.split(" ")[4]}`);
}

/** Everything on this machine that carries the lab's name: namespaces, cgroups, folders, processes, mounts. */
export function listTraces(lab: string): string[] {
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry) && entry !== String(process.pid));
  const folders = [`/run/ampel-lab/${lab}`, `/run/systemd/nspawn/propagate/${lab}`];
  return [
    ...listNamespaces(lab).map((name) => `namespace ${name}`),
    ...listCgroups(lab).map((name) => `cgroup ${name}`),
    ...folders.filter((folder) => existsSync(folder)),
    ...pids.filter((pid) => readProc(pid, "cmdline").includes(lab)).map((pid) => `process ${pid}`),
    ...pids.filter((pid) => readProc(pid, "cgroup").includes(lab) && !isZombie(pid)).map((pid) => `member ${pid}`),
    ...new Set(["self", ...pids].flatMap((pid) => listMounts(pid, lab))),
  ];
}
