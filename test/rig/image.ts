import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const rigFolder = import.meta.dirname;

/** Hash of everything the image is made of; `build-image.sh` computes the same (`hashOfRecipe`). */
function hashRecipe(): string {
  const imageFolder = join(rigFolder, "image");
  const hash = createHash("sha256").update(readFileSync(join(rigFolder, "build-image.sh")));
  const names = readdirSync(imageFolder).filter((name) => !name.startsWith("."));
  for (const name of names.toSorted()) hash.update(readFileSync(join(imageFolder, name)));
  return hash.digest("hex").slice(0, 12);
}

/** Folder of the server image that fits this checkout, whether it has been built or not. */
export function locateImage(): string {
  const cache = process.env["AMPEL_RIG_CACHE"] ?? "/var/cache/ampel-rig";
  return join(cache, `server-${hashRecipe()}`);
}
