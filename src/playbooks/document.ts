import type { Nodes } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { frontmatterFromMarkdown } from "mdast-util-frontmatter";
import { frontmatter } from "micromark-extension-frontmatter";

/** A fenced code block as it stands in the source. Lines count from 1, offsets from 0. */
export type Fence = {
  readonly line: number;
  /** The info string as written, without surrounding blanks; Markdown escapes are not decoded. */
  readonly info: string;
  readonly infoStart: number;
  readonly infoEnd: number;
  readonly body: string;
  /** The last heading above, and the paragraph directly before; empty when there is none. */
  readonly heading: string;
  readonly paragraph: string;
  /** Inside a list item or a quote, where other editors un-indent it. */
  readonly isNested: boolean;
  readonly isClosed: boolean;
};

export type TextLine = { readonly line: number; readonly text: string };

export type Document = {
  readonly path: string;
  readonly text: string;
  readonly title: string;
  /** YAML between the `---` lines; `line` is its first. */
  readonly frontMatter?: TextLine;
  readonly fences: readonly Fence[];
  /** Everything outside fences and front matter. */
  readonly prose: readonly TextLine[];
};

/** Reads the structure of a Markdown text; any text has one, nothing is executed, nothing thrown. */
export function readDocument(text: string, path: string): Document {
  const tree = fromMarkdown(text, { extensions: [frontmatter(["yaml"])], mdastExtensions: [frontmatterFromMarkdown(["yaml"])] });
  const lines = text.split(/\r\n|\n|\r/);
  const isProse = lines.map(() => true);
  const fences: Fence[] = [];
  let frontMatter: TextLine | undefined;
  let title = "";
  let heading = "";

  const visit = (node: Nodes, before: Nodes | undefined, isNested: boolean): void => {
    const from = node.position?.start.line ?? 1;
    const to = node.position?.end.line ?? from;
    if (node.type === "heading") {
      heading = plain(slice(text, node));
      if (node.depth === 1 && title === "") title = heading;
    } else if (node.type === "yaml") {
      frontMatter = { line: from + 1, text: node.value };
      isProse.fill(false, from - 1, to);
    } else if (node.type === "code") {
      const fence = readFence(text, node, isNested);
      if (fence === undefined) return; // indented code has no info string: it is prose to us
      isProse.fill(false, from - 1, to);
      const paragraph = before?.type === "paragraph" ? slice(text, before).replaceAll(/\s*[\r\n]+\s*/g, " ") : "";
      fences.push({ ...fence, heading, paragraph });
    } else if ("children" in node) {
      const nests = isNested || node.type === "listItem" || node.type === "blockquote";
      node.children.forEach((child, index) => visit(child, node.children[index - 1], nests));
    }
  };
  visit(tree, undefined, false);

  const prose = lines.map((line, index) => ({ line: index + 1, text: line })).filter((_, index) => isProse[index]);
  return { path, text, title, ...(frontMatter === undefined ? {} : { frontMatter }), fences, prose };
}

function readFence(
  text: string,
  node: Extract<Nodes, { type: "code" }>,
  isNested: boolean,
): Omit<Fence, "heading" | "paragraph"> | undefined {
  const start = node.position?.start.offset ?? 0;
  const source = slice(text, node);
  const [opening = ""] = source.split(/[\r\n]/, 1);
  const [, lead = "", marker = "", info = ""] = /^([ \t]*)(`{3,}|~{3,})[ \t]*(.*?)[ \t]*$/.exec(opening) ?? [];
  if (marker === "") return undefined;
  const infoStart = start + opening.indexOf(info, lead.length + marker.length);
  const last = source.split(/\r\n|\n|\r/).at(-1) ?? "";
  const isClosed = source !== opening && new RegExp(`^[\\s>]*${marker[0]}{${marker.length},}[ \\t]*$`).test(last);
  const body = node.value.replaceAll(/\r\n?/g, "\n");
  return { line: node.position?.start.line ?? 1, info, infoStart, infoEnd: infoStart + info.length, body, isNested, isClosed };
}

function slice(text: string, node: Nodes): string {
  return text.slice(node.position?.start.offset, node.position?.end.offset);
}

function plain(heading: string): string {
  return heading
    .replace(/^\s*#{1,6}\s*/, "")
    .replace(/\s+#*\s*$/, "")
    .replaceAll(/[*_`]{1,2}/g, "");
}
