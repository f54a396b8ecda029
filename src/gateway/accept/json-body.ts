/** Deeper than anything a vendor sends, shallow enough for whatever walks the document afterwards. */
const deepestLevel = 64;

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = Buffer.from('"\\{}[]');

/** The document in a body, or `undefined` when it is none, or nested deeper than 64 levels. Bytes that are no UTF-8 become U+FFFD. */
export function parseBody(body: Buffer): unknown {
  if (isTooDeep(body)) return undefined;
  try {
    return JSON.parse(body.toString("utf8").replace(/^\uFEFF/, "")) as unknown;
  } catch {
    return undefined;
  }
}

function isTooDeep(body: Buffer): boolean {
  let level = 0;
  let isText = false;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (isText) {
      if (byte === backslash) at += 1;
      else if (byte === quote) isText = false;
    } else if (byte === quote) isText = true;
    else if (byte === openBrace || byte === openBracket) {
      level += 1;
      if (level > deepestLevel) return true;
    } else if (byte === closeBrace || byte === closeBracket) level -= 1;
  }
  return false;
}

/** A document's field, if the document is an object; never one of its prototype's. */
export function fieldOf(document: unknown, name: string): unknown {
  return typeof document === "object" && document !== null && Object.hasOwn(document, name)
    ? (document as Record<string, unknown>)[name]
    : undefined;
}

/** An id, a name of an event, a number: short, printable and without blanks, so that it is safe as a key and in a log. */
export function wordOf(value: unknown): string | undefined {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^[\x21-\x7e]{1,200}$/.test(text) ? text : undefined;
}

const earliestTime = Date.UTC(2020, 0);
const latestTime = Date.UTC(2100, 0);

/** Epoch ms of milliseconds or of an ISO 8601 text; `undefined` for anything else and for times nobody can mean. */
export function timeOf(value: unknown): number | undefined {
  const at = typeof value === "string" ? Date.parse(/^\d{13}$/.test(value) ? new Date(Number(value)).toISOString() : value) : Number(value);
  return typeof value !== "boolean" && Number.isFinite(at) && at >= earliestTime && at < latestTime ? Math.round(at) : undefined;
}
