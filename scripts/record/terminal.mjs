import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";

/**
 * What stands on a terminal of this width after it was sent `output`: rows of runs `{ column, columns, text, style }`.
 * A style is a list of the words of `styleWords`, or `color:NAME`. Knows what Ampel prints: colours, weight,
 * carriage return, cursor up, clearing to the end of line or screen. Anything else is an error, so that no picture lies.
 */
export function readTerminal(output, columns) {
  const rows = [];
  let [row, column, style] = [0, 0, new Set()];
  const put = (character) => {
    const width = stringWidth(character);
    if (column + width > columns) [row, column] = [row + 1, 0];
    const cells = (rows[row] ??= []);
    cells[column] = { character, width, style: [...style].join(" ") };
    for (let beside = 1; beside < width; beside += 1) cells[column + beside] = undefined;
    column += width;
  };
  for (const [, parameters, final, rest] of output.matchAll(/\u001B\[([\d;?]*)([A-Za-z])|([^\u001B]+)/g)) {
    if (final === undefined) {
      for (const { segment } of new Intl.Segmenter().segment(rest)) {
        if (segment === "\r\n") [row, column] = [row + 1, 0];
        else if (segment === "\n") row += 1;
        else if (segment === "\r") column = 0;
        else if (stripVTControlCharacters(segment) !== "" && segment >= " ") put(segment);
      }
    } else if (final === "m") style = nextStyle(style, parameters);
    else if (final === "A") row = Math.max(0, row - Number(parameters || 1));
    else if (final === "K") rows[row]?.splice(column);
    else if (final === "J") {
      rows[row]?.splice(column);
      rows.splice(row + 1);
    } else throw new Error(`the terminal picture does not know the sequence ESC[${parameters}${final}`);
  }
  return Array.from(rows, (cells) => runsOf(cells ?? []));
}

const colors = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const styleWords = { 1: "bold", 2: "dim", 3: "italic", 4: "underline" };

function nextStyle(before, parameters) {
  const style = new Set(before);
  const drop = (test) => [...style].filter(test).forEach((word) => style.delete(word));
  for (const code of (parameters || "0").split(";").map(Number)) {
    if (code === 0) style.clear();
    else if (code in styleWords) style.add(styleWords[code]);
    else if (code === 22) drop((word) => word === "bold" || word === "dim");
    else if (code === 23 || code === 24) drop((word) => word === styleWords[code - 20]);
    else if (code === 39) drop((word) => word.startsWith("color:"));
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
      drop((word) => word.startsWith("color:"));
      style.add(`color:${colors[code % 10]}`);
    } else throw new Error(`the terminal picture does not know the style ${code}`);
  }
  return style;
}

/** Neighbours of one style become one run; a gap is blanks without style. */
function runsOf(cells) {
  const runs = [];
  for (let column = 0; column < cells.length; column += 1) {
    const { character, width, style } = cells[column] ?? { character: " ", width: 1, style: "" };
    const last = runs.at(-1);
    if (last !== undefined && last.style === style && width === 1 && last.columns === last.text.length) {
      last.text += character;
      last.columns += 1;
    } else runs.push({ column, columns: width, text: character, style });
    column += width - 1;
  }
  return runs.filter(({ text }) => text.trim() !== "");
}
