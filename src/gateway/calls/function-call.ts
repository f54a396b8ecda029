import { createHash } from "node:crypto";
import { fieldOf, parseBody, wordOf } from "../accept/json-body.ts";

/** What the agent asks of us while the caller waits. `args` are the agent's words: nothing in them is proven. */
export type FunctionCall = {
  /** Without a version's suffix, lower case. */
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Of Retell's own call object; `undefined` when that is missing or a placeholder. */
  readonly callId: string | undefined;
  /** The agent put a call id of its own into the arguments, and it is another one: its configuration is wrong (incident 15). */
  readonly hasWrongCallId: boolean;
  readonly agentId: string | undefined;
  readonly agentVersion: number | undefined;
  readonly fromNumber: string | undefined;
  readonly toNumber: string | undefined;
  readonly direction: "inbound" | "outbound";
};

/** Seen in the field instead of an id; each came back with a new version of an agent. */
const placeholder = /^(?:none|null|undefined|current|current_call|call_001|dummy.*|test.*|your_.*|\{\{.*\}\}|call_?id|\$\{.*\})$/i;
/** Shorter ones were cut off on the way. */
const shortestCallId = 12;

export const isCallId = (text: string): boolean => text.length >= shortestCallId && !placeholder.test(text);

/**
 * Reads `{name, call, args}`; the arguments may also be called `arguments` or `parameters`, be JSON in a text, or stand at
 * the root. `undefined` when there is no name anywhere. Pure.
 */
export function readFunctionCall(body: Buffer, nameInPath?: string): FunctionCall | undefined {
  const document = parseBody(body);
  const name = wordOf(fieldOf(document, "name")) ?? nameInPath;
  if (name === undefined) return undefined;
  const call = fieldOf(document, "call");
  const callId = wordOf(fieldOf(call, "call_id"));
  const args = readArguments(document);
  const claimed = args["call_id"] ?? args["callId"];
  return {
    name: name
      .toLowerCase()
      .replace(/[_-]v\d+$/, "")
      .replaceAll("-", "_"),
    args,
    callId: callId !== undefined && isCallId(callId) ? callId : undefined,
    hasWrongCallId: claimed !== undefined && claimed !== callId,
    agentId: wordOf(fieldOf(call, "agent_id")),
    agentVersion: numberOf(fieldOf(call, "agent_version")),
    fromNumber: textOf(fieldOf(call, "from_number")),
    toNumber: textOf(fieldOf(call, "to_number")),
    direction: fieldOf(call, "direction") === "outbound" ? "outbound" : "inbound",
  };
}

function readArguments(document: unknown): Readonly<Record<string, unknown>> {
  const given = fieldOf(document, "args") ?? fieldOf(document, "arguments") ?? fieldOf(document, "parameters");
  if (typeof given === "string") return recordOf(parseBody(Buffer.from(given)));
  if (given !== undefined) return recordOf(given);
  const { name: _name, call: _call, ...root } = recordOf(document);
  return root;
}

/** The first of these arguments that is a text or a number, trimmed, at most 300 characters; placeholders of agents count as absent. */
export function argumentOf({ args }: Pick<FunctionCall, "args">, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fieldOf(args, name);
    const text = (typeof value === "number" ? String(value) : typeof value === "string" ? value : "")
      .replaceAll("\0", "")
      .trim()
      .slice(0, 300);
    if (text !== "" && !/^(?:none|null|undefined|unbekannt|unknown|n\/a|-)$/i.test(text)) return text;
  }
  return undefined;
}

/** One id for one intention: the same call, function and arguments are the same operation, so that a repetition books once. */
export function operationIdOf({ callId, args }: FunctionCall, action: string): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([callId, action, canonical(args)]))
    .digest("hex");
  return `op-${hash.slice(0, 32)}`;
}

/** Order of fields, case and blanks make no other wish. */
function canonical(value: unknown): unknown {
  if (typeof value === "string") return value.normalize("NFC").toLowerCase().replace(/\s+/g, " ").trim();
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .filter(([key]) => key !== "call_id" && key !== "callId" && key !== "execution_message")
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, inner]) => [key.toLowerCase(), canonical(inner)]);
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value < 1_000_000 ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.slice(0, 40) : undefined;
}
