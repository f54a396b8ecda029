import { maskPersonalData } from "../../kernel/mask.ts";

/** Fields that hold what a caller said or who a caller is, in any of the vendors' shapes; names in lower case without separators. */
const personal =
  /^(transcript.*|.*name|.*e?mail.*|.*phone.*|.*number|from|to|caller|called|callsummary|summary|notes?|description|additionalnotes|address|street|city|zip|.*recording.*|publiclogurl|speechresult|digits|sipheaders?|customsipheaders|dynamicvariables|retellllmdynamicvariables|collecteddynamicvariables|customanalysisdata|responses|bookingfieldsresponses|userfieldsresponses|attendees?|guests|organizer|content|text|title|message|wish|phone)$/;

/** Names of things of ours or of the vendor, which end like a person's. */
const impersonal =
  /^(agentname|eventname|eventtypename|triggerevent|apikeyname|orgname|type|typename|numberofguests|agentversion|callstatus)$/;

/**
 * The body without personal data: same structure, same keys, every personal text replaced by a word in brackets, numbers in
 * such fields by 0. A body in no readable form is replaced as a whole, for nobody knows what it holds.
 */
export function maskBody(body: Buffer, contentType: string): Buffer {
  const text = body.toString("utf8");
  if (/x-www-form-urlencoded/i.test(contentType)) return Buffer.from(maskForm(text));
  try {
    return Buffer.from(JSON.stringify(maskValue(JSON.parse(text), false)));
  } catch {
    return Buffer.from(`[masked ${body.length} bytes]`);
  }
}

function maskForm(text: string): string {
  const fields = new URLSearchParams(text);
  const masked = [...fields].map(([name, value]) => [name, isPersonal(name) ? "[masked]" : maskPersonalData(value)] as [string, string]);
  return new URLSearchParams(masked).toString();
}

/** `isInside`: below a personal field nothing is kept but the structure. */
function maskValue(value: unknown, isInside: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => maskValue(each, isInside));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [maskKey(name, isInside), maskValue(inner, isInside || isPersonal(name))]),
    );
  }
  if (typeof value === "string") return isInside ? "[masked]" : maskPersonalData(value);
  return isInside && typeof value === "number" ? 0 : value;
}

/** Keys of a caller's own answers may be words of the caller. */
function maskKey(name: string, isInside: boolean): string {
  return isInside ? maskPersonalData(name) : name;
}

function isPersonal(name: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z]/g, "");
  return personal.test(plain) && !impersonal.test(plain);
}
