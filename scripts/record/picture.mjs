const cellWidth = 8.4;
const rowHeight = 19;
const margin = 16;
const barHeight = 30;
const palette = {
  red: "#ff7b72",
  green: "#56d364",
  yellow: "#e3b341",
  blue: "#79c0ff",
  magenta: "#d2a8ff",
  cyan: "#76e3ea",
  white: "#ffffff",
  black: "#8b949e",
};

/**
 * A terminal window as SVG text: dark by itself, so that it reads the same on a light and on a dark page; every run is
 * held to its columns, so that any monospaced font fits. Loads nothing.
 */
export function drawTerminal({ rows, columns, title, description }) {
  const width = Math.round(columns * cellWidth + 2 * margin);
  const height = rows.length * rowHeight + barHeight + 2 * margin - 4;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escape(title)}</title>`,
    `<desc id="description">${escape(description)}</desc>`,
    "<style>text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #e6edf3; white-space: pre }",
    ".bold { font-weight: bold } .dim { fill: #9198a1 } .italic { font-style: italic } .underline { text-decoration: underline }",
    `${Object.entries(palette)
      .map(([name, color]) => `.${name} { fill: ${color} }`)
      .join(" ")}</style>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="#0d1117" stroke="#6e7681"/>`,
    `<path d="M1 ${barHeight}h${width - 2}" stroke="#30363d"/>`,
    `<text class="dim" x="${margin}" y="20">${escape(title)}</text>`,
    ...rows.flatMap((runs, index) => runs.map((run) => drawRun(run, barHeight + margin + 10 + index * rowHeight))),
    "</svg>",
    "",
  ].join("\n");
}

function drawRun({ column, columns, text, style }, baseline) {
  const left = text.length - text.trimStart().length;
  const trimmed = text.trim();
  const start = (margin + (column + left) * cellWidth).toFixed(1);
  const length = ((columns - (text.length - trimmed.length)) * cellWidth).toFixed(1);
  const classes = style.replaceAll("color:", "");
  return `<text${classes === "" ? "" : ` class="${classes}"`} x="${start}" y="${baseline}" textLength="${length}" lengthAdjust="spacingAndGlyphs">${escape(trimmed)}</text>`;
}

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
