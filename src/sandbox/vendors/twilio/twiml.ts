/** One element of a TwiML document; text only where an element holds text. */
export type TwimlElement = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly TwimlElement[];
  readonly text: string;
};

/** Why a document is none; Twilio's error 12100. */
export class TwimlError extends Error {
  override name = "TwimlError";
}

type Open = { name: string; attributes: Record<string, string>; children: TwimlElement[]; text: string };

const token =
  /<\?[^]*?\?>|<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<\/\s*([\w:-]+)\s*>|<([\w:-]+)((?:\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/gy;
const attribute = /([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/**
 * The verbs of a TwiML document, in order.
 * @throws {TwimlError} when it is not well-formed or its root is not `Response`
 */
export function parseTwiml(source: string): readonly TwimlElement[] {
  const root: Open = { name: "", attributes: {}, children: [], text: "" };
  const open: Open[] = [root];
  const text = source.replace(/^\uFEFF/, "");
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (match === null) throw new TwimlError(`not well-formed at character ${at}`);
    const [, data, closed, opened, attributes = "", slash, plain] = match;
    const current = open.at(-1) ?? root;
    if (data !== undefined) current.text += data;
    else if (plain !== undefined) current.text += decode(plain);
    else if (closed !== undefined) {
      if (open.length < 2 || current.name !== closed) throw new TwimlError(`</${closed}> closes nothing`);
      open.pop();
      open.at(-1)?.children.push(current);
    } else if (opened !== undefined) {
      const element: Open = { name: opened, attributes: readAttributes(attributes), children: [], text: "" };
      if (slash === "/") current.children.push(element);
      else open.push(element);
    }
  }
  const unclosed = open.at(-1);
  if (open.length > 1) throw new TwimlError(`<${unclosed?.name}> is not closed`);
  const [response, ...others] = root.children;
  if (response?.name !== "Response" || others.length > 0 || root.text.trim() !== "") throw new TwimlError("the root is not one <Response>");
  return response.children;
}

function readAttributes(source: string): Record<string, string> {
  return Object.fromEntries([...source.matchAll(attribute)].map(([, name = "", double, single]) => [name, decode(double ?? single ?? "")]));
}

function decode(text: string): string {
  return text.replaceAll(/&([^;&\s]*;)?/g, (whole, reference?: string) => {
    const name = reference?.slice(0, -1) ?? "";
    if (/^#x[0-9a-f]+$/i.test(name)) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (/^#\d+$/.test(name)) return String.fromCodePoint(Number(name.slice(1)));
    const known = entities[name];
    if (known === undefined) throw new TwimlError(`unknown entity ${whole}`);
    return known;
  });
}
