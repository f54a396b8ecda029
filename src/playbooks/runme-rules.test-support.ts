import { parse, stringify } from "yaml";

/**
 * What Runme does to a file when it opens and saves it, written anew from the rules in `playbook-format.md`, section 1.
 * It shares nothing with our parser: that is its worth as a test.
 */
export function saveLikeRunme(text: string): string {
  const lines = text.split("\n");
  const saved: string[] = [];
  let fence: string | undefined;
  let index = 0;
  if (lines[0] === "---") {
    const end = lines.indexOf("---", 1);
    saved.push("---", ...encodeFrontMatter(lines.slice(1, end).join("\n")), "---");
    index = end + 1;
  }
  for (; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    const [, marker, info = ""] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (fence === undefined && marker !== undefined) {
      fence = marker;
      saved.push(marker + saveInfo(info.trim()));
    } else if (fence !== undefined && line.trim() === fence) {
      fence = undefined;
      saved.push(line);
    } else if (fence === undefined) saved.push(line);
    else if (!line.startsWith("### ")) saved.push(line.replace(/^\$\s*/, "").replace(/[ \t]+$/, ""));
  }
  return saved.join("\n");
}

/** The keys Runme sees on an info string, as text: from the first brace to the first closing one, JSON or words between single spaces. */
export function readLikeRunme(info: string): Record<string, string> {
  const open = info.search(/\{(?!\})/);
  const close = info.indexOf("}", open);
  if (open < 0 || close < 0) return {};
  const braces = info.slice(open, close + 1);
  try {
    const values = JSON.parse(braces) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    );
  } catch {
    const words = braces.slice(1, -1).trim().split(" ");
    return Object.fromEntries(words.map((word) => [word.split("=")[0] ?? "", word.split("=").slice(1).join("=")]));
  }
}

function saveInfo(info: string): string {
  const language = /^[^\s{]*/.exec(info)?.[0] ?? "";
  const kept = Object.entries(readLikeRunme(info)).filter(
    ([key]) => !key.startsWith("_") && !key.startsWith("runme.dev") && key !== "index",
  );
  if (kept.length === 0) return info;
  const isJson = /\{\s*"/.test(info);
  if (isJson) return `${language} ${JSON.stringify(Object.fromEntries(kept.sort(([left], [right]) => (left < right ? -1 : 1))))}`;
  const named = kept.sort(([left], [right]) => Number(right === "name") - Number(left === "name"));
  return `${language} { ${named.map(([key, value]) => `${key}=${value}`).join(" ")} }`;
}

/** Typed keys of the wrong type make the whole front matter fail; what is left is encoded anew with its keys sorted. */
function encodeFrontMatter(yaml: string): string[] {
  const data = parse(yaml) as Record<string, unknown>;
  for (const key of ["shell", "cwd", "category", "tag", "terminalRows", "profile"]) {
    if (data[key] !== undefined && typeof data[key] !== "string") throw new Error(`Runme cannot read ${key}`);
  }
  return stringify(data, { sortMapEntries: true }).trimEnd().split("\n");
}
