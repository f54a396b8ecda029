import { readFile, stat } from "node:fs/promises";
import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { maxConfigBytes, tooBig } from "./source.ts";
import { parseConfigOrThrow } from "./parse.ts";
import { ConfigInvalid } from "./problem.ts";
import type { Config } from "./schema.ts";

export const configFileName = "ampel.yaml";
export const systemConfigFile = "/etc/ampel/ampel.yaml";

export type LoadedConfig = {
  readonly config: Config;
  /** Full path of the file it came from. */
  readonly file: string;
  readonly text: string;
  /** SHA-256 of the text; "what changed" and the drill of a dangerous step compare it. */
  readonly hash: string;
};

export type ConfigSearch = {
  readonly path?: string | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly systemFile?: string;
};

/**
 * The configuration of `--config`, else `AMPEL_CONFIG`, else `./ampel.yaml`, else `/etc/ampel/ampel.yaml`.
 * A file that was named must exist: another one is never taken in its place.
 * @throws {Failure} config-missing, or {ConfigInvalid} with every problem
 */
export async function loadConfig(search: ConfigSearch, signal?: AbortSignal): Promise<LoadedConfig> {
  const file = await findConfigFile(search);
  if (file === undefined) {
    const places = candidates(search).join(", ");
    throw new Failure("config-missing", message("config.not-found", { places }), message("config.not-found-next"));
  }
  return await readConfigFile(file, signal);
}

/** Full path of the file that would be loaded; `undefined` when none was named and none is there. */
export async function findConfigFile(search: ConfigSearch): Promise<string | undefined> {
  const { path, cwd, env } = search;
  const named = path ?? (env["AMPEL_CONFIG"] === "" ? undefined : env["AMPEL_CONFIG"]);
  if (named !== undefined) {
    const file = resolve(cwd, named.replace(/^~(?=\/)/, homedir()));
    if (await exists(file)) return file;
    const source = path === undefined ? "AMPEL_CONFIG" : "--config";
    throw new Failure("config-missing", message("config.path-missing", { path: file, source }), message("config.path-missing-next"));
  }
  for (const candidate of candidates(search)) if (await exists(candidate)) return candidate;
  return undefined;
}

/** @throws {Failure} config-missing when it cannot be read, or {ConfigInvalid} with every problem */
export async function readConfigFile(file: string, signal?: AbortSignal): Promise<LoadedConfig> {
  const text = await readText(file, signal);
  const config = parseConfigOrThrow(text, { file, folder: dirname(file) });
  return { config, file, text, hash: createHash("sha256").update(text).digest("hex") };
}

async function readText(file: string, signal?: AbortSignal): Promise<string> {
  try {
    const seen = await stat(file);
    // A device or a pipe may never end.
    if (!seen.isFile() && !seen.isDirectory()) throw Object.assign(new Error("no regular file"), { code: "ENOTREG" });
    if (seen.size > maxConfigBytes) {
      throw new ConfigInvalid(file, [
        { file, line: 1, column: 1, field: "", what: tooBig(seen.size), instead: message("config.too-big-instead") },
      ]);
    }
    return await readFile(file, { encoding: "utf8", ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code, message: words } = error as NodeJS.ErrnoException;
    signal?.throwIfAborted();
    if (code === "EISDIR") {
      throw new Failure("config-missing", message("config.directory", { path: file }), message("config.directory-next", { path: file }), {
        cause: error,
      });
    }
    throw new Failure(
      "config-missing",
      message("config.unreadable", { path: file, reason: code ?? words }),
      message("config.unreadable-next", { path: file }),
      { cause: error },
    );
  }
}

function candidates({ cwd, systemFile = systemConfigFile }: ConfigSearch): string[] {
  return [join(cwd, configFileName), systemFile];
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    // Something is there that we may not see: reading it will say so. Passing it over would load another one.
    return !["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}
