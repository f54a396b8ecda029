import { join } from "node:path";

/** Where the switches that are known stand; apart from their reading, so that asking whether there are any loads nothing. */
export function switchFilePath(stateFolder: string): string {
  return join(stateFolder, "switches.json");
}
