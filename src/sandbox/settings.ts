import { existsSync, readFileSync } from "node:fs";
import { worldPaths, writeWhole, type World } from "./world.ts";

/** What the guarded app reads at its start. */
export type AppSettings = { readonly pageSize: number; readonly cacheSeconds: number };

const defaults: AppSettings = { pageSize: 20, cacheSeconds: 5 };

/** Writes the app's settings where they are missing; `isForced` replaces what is there. */
export function writeAppSettings(world: World, { isForced = false } = {}): void {
  const file = worldPaths(world.folder).appSettings;
  if (isForced || !existsSync(file)) writeWhole(file, `${JSON.stringify(defaults, null, 2)}\n`);
}

/** Throws when the file is not what it should be: the app ends with that. */
export function readAppSettings(file: string): AppSettings {
  const { pageSize, cacheSeconds } = JSON.parse(readFileSync(file, "utf8")) as Partial<AppSettings>;
  if (typeof pageSize !== "number" || typeof cacheSeconds !== "number") {
    throw new Error(`${file}: pageSize and cacheSeconds must be numbers`);
  }
  return { pageSize, cacheSeconds };
}
