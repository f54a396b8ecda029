import { isSecretReference } from "../kernel/secret.ts";
import { message, type Message } from "../kernel/message.ts";
import type { ConfigProblem, FieldPath } from "./problem.ts";
import type { ConfigSource } from "./source.ts";

const secretKey = /(passw(or)?[dt]|passwort|kennwort|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|authorization)$/i;

/** Shapes of real keys (Retell, Cal.com, Stripe, Slack, GitHub, AWS, JWT, PEM) and of a password inside an address. */
const secretShapes = [
  /\bkey_[0-9a-f]{16,}/,
  /\bcal_(live_)?[0-9A-Za-z]{16,}/,
  /\bsk_(live|test)_\w{8,}/,
  /\bxox[abeprs]-[\w-]{8,}/,
  /\bgh[pousr]_\w{16,}/,
  /\bAKIA[0-9A-Z]{12,}/,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\./,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*:[^\s/@"'${]+@/i,
];

/** True when the value of this field must never be repeated in a message. */
export function isSecretField(path: FieldPath): boolean {
  return path.some((part) => typeof part === "string" && secretKey.test(part));
}

export function looksSecret(text: string): boolean {
  return secretShapes.some((shape) => shape.test(text));
}

/** Every secret written in plain text, in values and in comments. The problems never contain the secret. */
export function findPlainSecrets(source: ConfigSource): ConfigProblem[] {
  const problems = new Map<number, ConfigProblem>();
  for (const path of plainSecretPaths(source.value, [], 0)) {
    const key = path.findLast((part) => typeof part === "string") ?? "";
    const problem = source.problemAt(path, message("config.secret-plain"), howToWrite(key));
    problems.set(problem.line, problem);
  }
  for (const [index, text] of source.text.split("\n").entries()) {
    const match = secretShapes.map((shape) => shape.exec(text)).find((found) => found !== null);
    if (match === undefined || match === null || problems.has(index + 1)) continue;
    const what = message("config.secret-plain");
    problems.set(index + 1, {
      file: source.file,
      line: index + 1,
      column: match.index + 1,
      field: "",
      what,
      instead: howToWrite("", match[0]),
    });
  }
  return [...problems.values()];
}

function* plainSecretPaths(value: unknown, path: FieldPath, depth: number): Generator<FieldPath> {
  if (depth > 30) return; // an anchor that contains itself
  if (typeof value === "string" || typeof value === "number") {
    const key = path.findLast((part) => typeof part === "string");
    const text = String(value);
    const isPlain = typeof key === "string" && secretKey.test(key) && text !== "" && !isSecretReference(text) && !/\$\{\w+:/.test(text);
    if (isPlain) yield path;
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* plainSecretPaths(item, [...path, index], depth + 1);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* plainSecretPaths(item, [...path, key], depth + 1);
  }
}

/** What to write in place of a secret; a password inside an address has no reference of its own. */
export function howToWrite(key: string, found?: unknown): Message {
  const isInAddress = typeof found === "string" && /^[a-z][a-z0-9+.-]*:\/\//i.test(found);
  return isInAddress ? message("config.secret-address-instead") : message("config.secret-plain-instead", secretReferences(key));
}

/** `apiKey` → `${file:/etc/ampel/secrets/api-key}` and `${env:API_KEY}`. */
export function secretReferences(key: string): { reference: string; other: string } {
  const words = key === "" ? ["secret"] : key.split(/(?=[A-Z])|[^A-Za-z0-9]+/).filter((word) => word !== "");
  return { reference: `\${file:/etc/ampel/secrets/${words.join("-").toLowerCase()}}`, other: `\${env:${words.join("_").toUpperCase()}}` };
}
