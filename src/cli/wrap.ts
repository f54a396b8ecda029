import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

/** Wraps at words; continuation lines keep the indentation, so that a 40-column phone still shows the structure. */
export function wrapLine(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  const indent = /^\s*/.exec(stripVTControlCharacters(text))?.[0] ?? "";
  const room = columns - indent.length - 2;
  if (room < 10) return text;
  const [first = "", ...rest] = wrapAnsi(text.trimStart(), columns - indent.length, { hard: true }).split("\n");
  const tail = wrapAnsi(rest.join(" "), room, { hard: true })
    .split("\n")
    .filter((line) => line !== "");
  return [indent + first, ...tail.map((line) => `${indent}  ${line}`)].join("\n");
}
