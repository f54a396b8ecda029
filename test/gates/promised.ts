import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Code, Definition, Image, InlineCode, Link, Nodes, Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";

export const repository = join(import.meta.dirname, "../..");

/** A page written by hand or by `npm run docs`; `path` from the root of the repository. */
export type Page = { readonly path: string; readonly text: string; readonly tree: Root };

/** README and the other pages of the root, and everything below docs/. */
export function readPages(): Page[] {
  const inRoot = readdirSync(repository).filter((name) => name.endsWith(".md"));
  const inDocs = readdirSync(join(repository, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name));
  return [...inRoot, ...inDocs].sort().map((path) => {
    const text = readFileSync(join(repository, path), "utf8");
    return { path, text, tree: fromMarkdown(text) };
  });
}

export function isGenerated({ path }: Page): boolean {
  return path.startsWith(join("docs", "reference"));
}

/** Every node of one type, with those inside lists and tables. */
export function nodesOf<Type extends Nodes["type"]>({ tree }: Page, type: Type): Extract<Nodes, { type: Type }>[] {
  const found: Extract<Nodes, { type: Type }>[] = [];
  const walk = (node: Nodes): void => {
    if (node.type === type) found.push(node as Extract<Nodes, { type: Type }>);
    if ("children" in node) for (const child of node.children) walk(child);
  };
  walk(tree);
  return found;
}

/** Fenced texts of one language. */
export function blocksOf(page: Page, language: string): string[] {
  return nodesOf(page, "code")
    .filter((code: Code) => code.lang === language)
    .map(({ value }) => value);
}

export function spansOf(page: Page): string[] {
  return nodesOf(page, "inlineCode").map(({ value }: InlineCode) => value);
}

/** Where links and pictures lead, Markdown and HTML alike. */
export function targetsOf(page: Page): string[] {
  const plain = [...nodesOf(page, "link"), ...nodesOf(page, "image"), ...nodesOf(page, "definition")];
  const html = nodesOf(page, "html").flatMap(({ value }) =>
    [...value.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, target = ""]) => target),
  );
  return [...plain.map(({ url }: Link | Image | Definition) => url), ...html];
}

/** Anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: Page): Set<string> {
  const textOf = (node: Nodes): string => ("value" in node ? node.value : "children" in node ? node.children.map(textOf).join("") : "");
  const slug = (text: string): string =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, "")
      .replaceAll(" ", "-");
  return new Set(nodesOf(page, "heading").map((heading) => slug(textOf(heading))));
}

/** Words of one command line of a page, without its comment; quotes as a shell reads them. */
export function wordsOf(line: string): string[] {
  const words = line.replace(/\s#.*$/, "").matchAll(/(?<=^|\s)(?:"([^"]*)"|'([^']*)'|(\S+))/g);
  return [...words].map(([, double, single, bare]) => double ?? single ?? bare ?? "").filter((word) => word !== "");
}
