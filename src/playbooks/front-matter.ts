import { distance } from "fastest-levenshtein";
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from "yaml";
import { parseDuration } from "../kernel/duration.ts";
import { message } from "../kernel/message.ts";
import { causeNames, zones, type Zone } from "../probes/cause.ts";
import type { TextLine } from "./document.ts";
import type { Playbook, Trigger } from "./playbook.ts";
import type { RuleId } from "./problem.ts";
import type { Message } from "../kernel/message.ts";

export type FrontMatter = Pick<
  Playbook,
  "id" | "version" | "zone" | "triggers" | "owner" | "reviewBy" | "rtoMs" | "needs" | "returnPlaybook" | "cwd"
>;

type Report = (rule: RuleId, line: number, what?: Message) => void;

const ownFields = ["id", "version", "zone", "triggers", "owner", "review_by", "rto", "needs", "return"] as const;
type OwnField = (typeof ownFields)[number];
const needPattern = /^(command|file|unit|host|contact|url|section):\S+$/;

/** Reads the `ampel:` map and the keys Runme shares; reports every mistake with its line, `undefined` when a required field is unusable. */
export function readFrontMatter(source: TextLine, report: Report): FrontMatter | undefined {
  const counter = new LineCounter();
  const yaml = parseDocument(source.text, { lineCounter: counter });
  const lineOf = (node: unknown): number => {
    const start = (node as Node | undefined)?.range?.[0];
    return start === undefined ? source.line : source.line + counter.linePos(start).line - 1;
  };
  for (const error of yaml.errors) {
    const line = source.line + (error.linePos?.[0].line ?? 1) - 1;
    report("front-matter-yaml", line, message("lint.front-matter-yaml.seen", { reason: error.message.split("\n")[0] ?? error.code }));
  }
  if (yaml.errors.length > 0) return undefined;
  if (!isMap(yaml.contents)) return reportMissing(report, source.line);
  const top = yaml.contents;
  const tag = top.get("tag", true);
  // Runme gives up on the whole front matter then.
  if (isSeq(tag)) report("front-matter-tag", lineOf(tag));
  for (const key of ["shell", "cwd", "category", "tag", "terminalRows"]) {
    const node = top.get(key, true);
    if (node !== undefined && !isSeq(node) && !(isScalar(node) && typeof node.value === "string")) {
      report("front-matter-field", lineOf(node), message("lint.front-matter-field.seen", { field: key, expected: "text" }));
    }
  }
  const own = top.get("ampel", true) as unknown;
  if (!isMap(own)) return reportMissing(report, source.line);
  return readOwn(own, top, lineOf, report);
}

function readOwn(own: YAMLMap, top: YAMLMap, lineOf: (node: unknown) => number, report: Report): FrontMatter | undefined {
  let isUsable = true;
  const wrong = (field: OwnField, expected: string): undefined => {
    const node = own.get(field, true);
    isUsable = false;
    report("front-matter-field", lineOf(node ?? own), message("lint.front-matter-field.seen", { field: `ampel.${field}`, expected }));
    return undefined;
  };
  for (const pair of own.items) {
    const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
    if ((ownFields as readonly string[]).includes(key)) continue;
    const nearest = findNearest(key, ownFields);
    report("front-matter-unknown", lineOf(pair.key), message("lint.front-matter-unknown.seen", { field: key, nearest }));
  }
  const text = (field: OwnField): string | undefined => {
    const node = own.get(field, true) as unknown;
    if (!isScalar(node) || (typeof node.value !== "string" && typeof node.value !== "number")) return undefined;
    const value = String(node.value).trim();
    return value === "" ? undefined : value;
  };
  const list = (field: OwnField): string[] | undefined => {
    const node = own.get(field, true) as unknown;
    if (node === undefined) return [];
    if (!isSeq(node)) return undefined;
    return node.items.map((item) => String(isScalar(item) ? item.value : item));
  };
  const id = text("id");
  const zone = text("zone") as Zone | undefined;
  const triggers = list("triggers");
  const owner = text("owner");
  const reviewBy = /^(\d{4}-\d{2}-\d{2})(?:T00:00:00(?:\.0+)?Z)?$/.exec(text("review_by") ?? "")?.[1];
  const rtoMs = parseDuration(text("rto") ?? "");
  const needs = list("needs");
  const returnPlaybook = text("return");
  const cwd = top.get("cwd");

  if (id === undefined || !isKebabCase(id)) wrong("id", "kebab-case");
  if (zone === undefined || !zones.includes(zone)) wrong("zone", zones.join(" | "));
  if (triggers === undefined) wrong("triggers", "[cause, …]");
  for (const trigger of triggers ?? []) {
    const [cause = "", ...subject] = trigger.split(":");
    if ((causeNames as string[]).includes(cause) && subject.length <= 1 && subject[0] !== "") continue;
    isUsable = false;
    const nearest = findNearest(cause, causeNames);
    report("front-matter-trigger", lineOf(own.get("triggers", true)), message("lint.front-matter-trigger.seen", { trigger, nearest }));
  }
  if (owner === undefined) wrong("owner", "name");
  if (reviewBy === undefined || Number.isNaN(Date.parse(reviewBy))) wrong("review_by", "2027-03-01");
  if (rtoMs === undefined || rtoMs <= 0) wrong("rto", "2m");
  if (needs === undefined || !needs.every((need) => needPattern.test(need))) wrong("needs", "[command:curl, unit:nginx, …]");
  if (!isUsable || !id || !zone || !triggers || !owner || !reviewBy || !rtoMs || !needs) return undefined;
  return {
    id,
    version: text("version") ?? "1",
    zone,
    triggers: triggers as Trigger[],
    owner,
    reviewBy,
    rtoMs,
    needs,
    ...(returnPlaybook === undefined ? {} : { returnPlaybook }),
    ...(typeof cwd === "string" ? { cwd } : {}),
  };
}

function reportMissing(report: Report, line: number): undefined {
  report("front-matter-missing", line);
  return undefined;
}

export function isKebabCase(text: string): boolean {
  return /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(text);
}

export function findNearest(word: string, candidates: readonly string[]): string {
  const sorted = [...candidates].sort((left, right) => distance(word, left) - distance(word, right));
  return sorted[0] ?? "";
}
