import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { maxConfigBytes, tooBig } from "../../../config/source.ts";
import { Failure } from "../../../kernel/failure.ts";
import { message } from "../../../kernel/message.ts";
import { csvNames, readCsv } from "./read-csv.ts";
import { refuseFile, type RawFile } from "./raw-row.ts";
import { readYaml } from "./read-yaml.ts";

/** Lists of customers are longer than any configuration. */
const maxCsvBytes = 64 * maxConfigBytes;

/**
 * Everything the files say, with every problem of their form. A folder stands for the CSV and YAML files in it.
 * @throws {Failure} not-found, usage
 */
export async function readImport(paths: readonly string[]): Promise<RawFile> {
  const files = (await Promise.all(paths.map(listFiles))).flat();
  const read = await Promise.all(files.map(readOne));
  return { rows: read.flatMap(({ rows }) => rows), problems: read.flatMap(({ problems }) => problems) };
}

async function listFiles(path: string): Promise<string[]> {
  try {
    const seen = await stat(path);
    if (!seen.isDirectory()) return [path];
    const names = (await readdir(path)).filter((name) => [".csv", ".yaml", ".yml"].includes(extname(name).toLowerCase())).sort();
    if (names.length > 0) return names.map((name) => join(path, name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure("not-found", message("companies.file-unreadable", { path, reason: code ?? "?" }), message("companies.file-next"), {
      cause: error,
    });
  }
  throw new Failure(
    "not-found",
    message("companies.folder-empty", { path }),
    message("companies.folder-next", { names: csvNames.join(", ") }),
  );
}

async function readOne(file: string): Promise<RawFile> {
  const kind = extname(file).toLowerCase();
  if (![".csv", ".yaml", ".yml"].includes(kind)) {
    throw new Failure("usage", message("companies.file-kind", { path: file }), message("companies.file-next"));
  }
  try {
    const seen = await stat(file);
    const limit = kind === ".csv" ? maxCsvBytes : maxConfigBytes;
    // A device or a pipe may never end.
    if (!seen.isFile()) throw Object.assign(new Error("no regular file"), { code: "ENOTREG" });
    if (seen.size > limit) return refuseFile({ file, line: 1, column: 1 }, tooBig(seen.size), message("config.too-big-instead"));
    const text = await readFile(file, "utf8");
    return kind === ".csv" ? readCsv(file, text) : readYaml(file, text);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Failure("not-found", message("companies.file-unreadable", { path: file, reason: code }), message("companies.file-next"), {
      cause: error,
    });
  }
}
