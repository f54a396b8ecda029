/** Order matters: what is more specific goes first, and what a rule writes (`[…]`) no later rule matches. */
const rules: readonly (readonly [RegExp, string])[] = [
  // Credentials inside an address: scheme://user:password@host
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@:]{1,100}:[^\s/@]{1,200}@/gi, "$1[secret]@"],
  [/\b(authorization["']?\s*[:=]\s*["']?(?:bearer|basic|token)?)\s*[\w.~+/=-]{6,}/gi, "$1 [secret]"],
  [/\b(bearer)\s+[\w.~+/=-]{8,}/gi, "$1 [secret]"],
  // key=value and "key": "value" of anything that names a secret
  [
    /\b([\w-]{0,30}(?:passw(?:or)?d|passwort|secret|token|api[_-]?key|signature|cookie|session)["']?\s?[:=]{1,2}>?\s?)(?:"[^"\n]{0,200}"|'[^'\n]{0,200}'|[^\s,;&"']{1,200})/gi,
    "$1[secret]",
  ],
  [/\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]{4,}/g, "[token]"],
  [/\b(?:key|sk|pk|rk|cal_live|cal_test|xox[abprs]|gh[opsu]|AC|SK)[_-][\w-]{12,}/g, "[token]"],
  [/\b[\w.!#$%&*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g, "[e-mail]"],
  // Names of people as logs write them: name="Erika Muster", Kunde: 'Max'
  [
    /\b((?:first|last|full|customer|caller|patient|contact|user|vor|nach|kunden)?[_-]?name["']?\s?[:=]{1,2}>?\s?)(?:"[^"\n]{1,120}"|'[^'\n]{1,120}')/gi,
    "$1[name]",
  ],
  [
    /\b((?:Kundin|Kunde|Anrufer(?:in)?|Patient(?:in)?|customer|caller|patient|Frau|Herrn?|Mrs?\.?|Ms\.?)[:\s]{1,2}["']?)\p{Lu}[\p{L}-]{1,40}(?:\s\p{Lu}[\p{L}-]{1,40}){0,2}/gu,
    "$1[name]",
  ],
  [/\b(?:[0-9a-f]{1,4}:){3,7}(?::|[0-9a-f]{1,4})(?::?[0-9a-f]{1,4}){0,4}\b/gi, "[ip]"],
  [/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, "[ip]"],
  [/\bDE\d{2}(?: ?\d{4}){4} ?\d{2}\b/g, "[iban]"],
  // International and German national numbers; a date or a time has separators these do not allow.
  [/(?<![\w.:#-])(?:\+|00)[1-9]\d{0,2}[\s/()-]{0,2}(?:\d[\s/()-]{0,2}){5,13}\d(?![\w:])/g, "[phone]"],
  [/(?<![\w.:#+/-])0[1-9]\d{1,4}[\s/-]{0,3}\d(?:[\s-]?\d){3,9}(?![\w:.-])/g, "[phone]"],
  // A long run of mixed letters and digits is a key or a session, not a word.
  [/\b(?=[\w-]{0,80}\d)(?=[\w-]{0,80}[A-Za-z])(?![0-9a-f]{7,40}\b|[0-9a-f-]{36}\b)[A-Za-z0-9_-]{32,}/g, "[token]"],
];

/** A line longer than this is cut before it is masked: masking must not become the slow part of a diagnosis. */
const longestLine = 4_000;

/**
 * The text with telephone numbers, e-mail addresses, names of people where a log labels them, addresses of machines,
 * tokens and passwords replaced by a word in brackets. Loopback addresses stay: they name no person.
 */
export function maskPersonalData(text: string): string {
  return text.split("\n").map(maskLine).join("\n");
}

function maskLine(line: string): string {
  const kept = line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
  const guarded = kept.replaceAll(/\b127(?:\.\d{1,3}){3}\b/g, "\u0001loopback\u0001");
  return rules
    .reduce((masked, [pattern, replacement]) => masked.replaceAll(pattern, replacement), guarded)
    .replaceAll("\u0001loopback\u0001", "127.0.0.1");
}
