import type { z } from "zod";
import { completeConfig } from "./complete.ts";
import { withFullPaths } from "./full-paths.ts";
import { explainIssue } from "./issue.ts";
import { findPlainSecrets } from "./plain-secrets.ts";
import { ConfigInvalid, type ConfigProblem } from "./problem.ts";
import { findCrowdedSections, findReferenceProblems, mapping } from "./references.ts";
import { findRuleProblems } from "./rules.ts";
import { configSchema, type Config } from "./schema.ts";
import { readSource, type ConfigSource } from "./source.ts";

export type ParsedConfig = { readonly config: Config } | { readonly problems: readonly ConfigProblem[] };

/** `folder`: what relative paths and `~` of the file start from. */
export type ParsePlace = { readonly file: string; readonly folder: string; readonly home?: string };

/** The configuration in a text, or everything that is wrong with it. Touches no file and no network. */
export function parseConfig(text: string, place: ParsePlace): ParsedConfig {
  const source = readSource(place.file, text);
  if (source.value === undefined) return { problems: withoutRepeats([...source.problems, ...findPlainSecrets(source)]) };
  const crowded = findCrowdedSections(source);
  if (crowded.length > 0) return { problems: crowded };
  // Entries that begin with x- are the file's own: a place for anchors.
  const value = Array.isArray(source.value) || typeof source.value !== "object" ? source.value : withoutOwn(mapping(source.value));
  const own = { ...source, value };
  const parsed = configSchema.safeParse(withFullPaths(value, place.folder, place.home));
  const references = findReferenceProblems(own);
  const problems = [
    ...source.problems,
    ...findPlainSecrets(source),
    ...(parsed.success ? [] : causes(parsed.error.issues))
      .flatMap((issue) => explainIssue(issue, configSchema, value))
      .map(({ path, what, instead, at }) => own.problemAt(path, what, instead, at)),
    ...references,
    ...findRuleProblems(own, parsed.success && references.length === 0 ? parsed.data : undefined),
  ];
  if (problems.length > 0 || !parsed.success) return { problems: withoutRepeats(problems) };
  return { config: completeConfig(parsed.data, place.folder) };
}

/** @throws {ConfigInvalid} */
export function parseConfigOrThrow(text: string, place: ParsePlace): Config {
  const parsed = parseConfig(text, place);
  if ("problems" in parsed) throw new ConfigInvalid(place.file, parsed.problems);
  return parsed.config;
}

function withoutOwn(value: Readonly<Record<string, unknown>>): ConfigSource["value"] {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith("x-")));
}

/** "Exactly one of unit, supervisor …" is no news where `unit` was mistyped: the unknown key is the cause. */
function causes(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const mistyped = new Set(issues.filter((issue) => issue.code === "unrecognized_keys").map((issue) => JSON.stringify(issue.path)));
  return issues.filter((issue) => issue.code !== "custom" || !mistyped.has(JSON.stringify(issue.path)));
}

/** In the order of the file, one problem per field: a secret in plain text is also of the wrong form, but one sentence about it is enough. */
function withoutRepeats(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const seen = new Set<string>();
  const secret = problems.filter(({ what }) => what.key === "config.secret-plain").map(({ field }) => field);
  const sorted = [...problems].sort((one, other) => one.line - other.line || one.column - other.column);
  return sorted.filter((problem) => {
    const place = `${problem.line}:${problem.column}:${problem.field}`;
    // The mapping around a plain secret is refused for the same reason.
    const isAround =
      problem.what.key === "config.secret-plain" && secret.some((field) => problem.field !== "" && field.startsWith(`${problem.field}.`));
    const isNew = !seen.has(place) && !isAround;
    seen.add(place);
    return isNew;
  });
}
