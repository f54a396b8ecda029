import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { findStateFolder } from "../store/state-folder.ts";

/**
 * A folder below Ampel's state folder for what outlives a world, made if need be; `undefined` when it cannot be
 * written: worlds work without. Others may pass through, for the database's account has to.
 */
export function findKeep(name: string): string | undefined {
  const folder = join(findStateFolder(), name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return undefined;
  }
}
