import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

// Two hosts started plainly land in the same cgroup path; then `systemctl kill` fails inside and units do not
// start. So each host gets a folder of its own in every hierarchy, version 1 and 2.

function listHierarchies(): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter((fields) => fields[2] === "cgroup" || fields[2] === "cgroup2")
    .flatMap((fields) => fields[1] ?? []);
}

/** Makes the host's cgroup in every hierarchy; returns the files that a process joins by writing its pid. */
export function createCgroups(name: string): string[] {
  return listHierarchies().map((hierarchy) => {
    const folder = join(hierarchy, name);
    mkdirSync(folder, { recursive: true });
    // A version 1 cpuset starts empty and takes no process until it is filled.
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      const parent = join(hierarchy, file);
      if (hierarchy.endsWith("cpuset") && existsSync(parent)) {
        writeFileSync(join(folder, file), readFileSync(parent));
      }
    }
    return join(folder, "cgroup.procs");
  });
}

function listFoldersDeepestFirst(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const inner = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => listFoldersDeepestFirst(join(folder, entry.name)));
  return [...inner, folder];
}

/** Pids of all processes that live in the host's cgroups. */
export function listCgroupPids(name: string): number[] {
  const pids = new Set<number>();
  for (const hierarchy of listHierarchies()) {
    for (const folder of listFoldersDeepestFirst(join(hierarchy, name))) {
      for (const pid of readPids(join(folder, "cgroup.procs"))) pids.add(pid);
    }
  }
  return [...pids];
}

// A folder may vanish between listing and reading; a threaded cgroup answers ENOTSUP.
function readPids(file: string): number[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter(Boolean)
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

/** Names of the cgroups that begin with `prefix`, over all hierarchies. */
export function listCgroups(prefix: string): string[] {
  const names = listHierarchies().flatMap((hierarchy) =>
    readdirSync(hierarchy, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name.startsWith(prefix))
      .map((entry) => entry.name),
  );
  return [...new Set(names)];
}

/** Ends whatever still runs in the host's cgroups (only what the rig put there) and removes them. */
export async function removeCgroups(name: string, limitMs = 5_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!tryRemove(name)) {
    for (const pid of listCgroupPids(name)) killIfThere(pid);
    if (performance.now() > deadline) throw new Error(`cgroup ${name} is still busy after ${limitMs} ms`);
    await sleep(20);
  }
}

function tryRemove(name: string): boolean {
  for (const hierarchy of listHierarchies()) {
    for (const folder of listFoldersDeepestFirst(join(hierarchy, name))) {
      try {
        rmdirSync(folder);
      } catch {
        if (existsSync(folder)) return false;
      }
    }
  }
  return true;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}
