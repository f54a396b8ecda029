import { formatDuration, parseDuration } from "../kernel/duration.ts";
import { message } from "../kernel/message.ts";
import { ownKeys, readInfo, runmeKeys, type Info } from "./attributes.ts";
import { readDocument, type Document, type Fence } from "./document.ts";
import { findNearest, isKebabCase, readFrontMatter, type FrontMatter } from "./front-matter.ts";
import { hashPlaybook } from "./hash.ts";
import { readParameters } from "./parameters.ts";
import { idempotences, failureRules, risks, roles, runnableLanguages } from "./playbook.ts";
import type { Block, Playbook, Problem } from "./playbook.ts";
import { openProblems } from "./problem.ts";
import { assembleSteps } from "./steps.ts";

export type ParsedPlaybook = {
  /** Absent when what is wrong leaves no doubt-free meaning; a playbook with problems is never run. */
  readonly playbook?: Playbook;
  readonly document: Document;
  readonly problems: readonly Problem[];
};

type Problems = ReturnType<typeof openProblems>;

const defaultTimeoutMs = { do: 30_000, guard: 10_000, verify: 30_000, undo: 30_000, fallback: 30_000, note: 30_000 } as const;

/**
 * Reads a playbook. Never executes and never throws: all that is wrong comes back as `problems`,
 * each with its line and what to write instead.
 */
export function parsePlaybook(text: string, path: string): ParsedPlaybook {
  const document = readDocument(text, path);
  const problems = openProblems(path);
  const front = readFront(document, problems);
  const isForeign = front === "foreign";
  const blocks = document.fences.map((fence) => ({ fence, block: readBlock(fence, problems, isForeign) }));
  const usable = blocks.filter((pair): pair is { fence: Fence; block: Block } => pair.block !== undefined);
  reportDuplicates(
    usable.map((pair) => pair.block),
    problems,
  );
  if (front === undefined || front === "foreign") return { document, problems: sorted(problems.list) };

  const { steps, notes } = assembleSteps(usable, front.cwd, problems);
  if (steps.length === 0 && problems.list.length === 0) problems.add("steps-missing", 1);
  if (problems.list.length > 0) return { document, problems: sorted(problems.list) };
  const { cwd, returnPlaybook, ...fields } = front;
  const playbook: Playbook = {
    ...fields,
    ...(cwd === undefined ? {} : { cwd }),
    ...(returnPlaybook === undefined ? {} : { returnPlaybook }),
    path,
    title: document.title === "" ? front.id : document.title,
    text,
    hash: hashPlaybook(
      front.id,
      steps.map((step) => step.hash),
    ),
    steps,
    notes,
  };
  return { playbook, document, problems: [] };
}

function readFront(document: Document, problems: Problems): FrontMatter | "foreign" | undefined {
  if (document.frontMatter !== undefined) return readFrontMatter(document.frontMatter, problems.add);
  const runnable = document.fences.filter((fence) => runnableLanguages.includes(readInfo(fence.info).language));
  const hasNames = runnable.some((fence) => readInfo(fence.info).form !== "none");
  if (hasNames) {
    problems.add("front-matter-missing", 1);
    return undefined;
  }
  // A document of another kind: one finding says so, instead of one for each of its blocks.
  problems.add("foreign-document", 1, message("lint.foreign-document.seen", { count: runnable.length }));
  return "foreign";
}

function readBlock(fence: Fence, problems: Problems, isForeign: boolean): Block | undefined {
  const info = readInfo(fence.info);
  const isRunnable = runnableLanguages.includes(info.language);
  const before = problems.list.length;
  if (!fence.isClosed) problems.add("fence-open", fence.line);
  if (info.form === "none" && !isRunnable) return undefined;
  if (info.form === "none") {
    if (!isForeign) problems.add("block-unnamed", fence.line);
    return undefined;
  }
  for (const flaw of info.flaws) {
    // The `{ k=v }` form and foreign spacing are read; the linter asks for the one form all readers know.
    if (flaw === "nested" || flaw === "unreadable" || flaw === "duplicate-key" || flaw === "language") {
      problems.add("info-string", fence.line, message("lint.info-string.seen", { flaw: message(`playbook.flaw.${flaw}`) }));
    }
  }
  if (info.form === "broken" || info.attributes["ignore"] === "true") return undefined;
  if (fence.isNested) problems.add("fence-nested", fence.line);
  const block = checkAttributes(fence, info, problems);
  return problems.list.length > before ? undefined : block;
}

function checkAttributes(fence: Fence, info: Info, problems: Problems): Block {
  const { attributes } = info;
  const line = fence.line;
  const choose = <Value extends string>(key: string, allowed: readonly Value[], otherwise: Value): Value => {
    const value = attributes[key];
    if (value === undefined) return otherwise;
    if ((allowed as readonly string[]).includes(value)) return value as Value;
    problems.add("attribute-value", line, message("lint.attribute-value.seen", { key, value, expected: allowed.join(" | ") }));
    return otherwise;
  };
  const known: readonly string[] = [...ownKeys, ...runmeKeys];
  for (const key of Object.keys(attributes)) {
    if (known.includes(key)) continue;
    problems.add("attribute-unknown", line, message("lint.attribute-unknown.seen", { key, nearest: findNearest(key, known) }));
  }
  const name = attributes["name"] ?? "";
  if (name === "") problems.add("block-unnamed", line);
  else if (!isKebabCase(name)) problems.add("name-form", line, message("lint.name-form.seen", { name }));
  const role = choose("role", roles, "do");
  if (role === "do" && attributes["risk"] === undefined) problems.add("risk-missing", line, message("lint.risk-missing.seen", { name }));
  const risk = choose("risk", risks, role === "undo" || role === "fallback" ? "write" : "read");
  choose("idempotent", idempotences, "no");
  choose("on-failure", failureRules, "stop");
  choose("approve", ["0", "1", "2"], "0");
  const wrong = (key: string, expected: string): void => {
    problems.add("attribute-value", line, message("lint.attribute-value.seen", { key, value: attributes[key] ?? "", expected }));
  };
  if (!/^\d{1,2}$/.test(attributes["retries"] ?? "0")) wrong("retries", "0 … 99");
  const written = attributes["timeout"];
  const timeoutMs = written === undefined ? defaultTimeoutMs[role] : parseDuration(written);
  if (timeoutMs === undefined || timeoutMs <= 0) wrong("timeout", formatDuration(defaultTimeoutMs[role]));
  return {
    name,
    role,
    language: info.language,
    body: fence.body,
    attributes,
    line,
    risk,
    timeoutMs: timeoutMs ?? defaultTimeoutMs[role],
    parameters: readParameters(fence.body, line + 1),
  };
}

function reportDuplicates(blocks: readonly Block[], problems: Problems): void {
  const first = new Map<string, number>();
  for (const { name, line } of blocks) {
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, line);
    else problems.add("name-twice", line, message("lint.name-twice.seen", { name, earlier }));
  }
}

function sorted(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((left, right) => left.line - right.line);
}
