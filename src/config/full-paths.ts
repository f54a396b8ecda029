import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The same values with `${file:secret}` and `~/…` made whole: they mean the same wherever the program is started. */
export function withFullPaths(value: unknown, folder: string, home = homedir(), depth = 0): unknown {
  if (depth > 30) return value; // an anchor that contains itself
  if (typeof value === "string") {
    const [, path] = /^\$\{file:([^}]+)\}$/.exec(value) ?? [];
    if (path !== undefined) return `\${file:${resolve(folder, path.replace(/^~(?=\/)/, home))}}`;
    return value.startsWith("~/") ? join(home, value.slice(2)) : value;
  }
  if (Array.isArray(value)) return value.map((item) => withFullPaths(item, folder, home, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withFullPaths(item, folder, home, depth + 1)]));
}
