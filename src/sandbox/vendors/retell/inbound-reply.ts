import { objectOf } from "../body-fields.ts";

export type InboundReply = {
  readonly reject?: unknown;
  readonly override_agent_id?: string;
  readonly override_agent_version?: number | string;
  readonly dynamic_variables?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly agent_override?: Readonly<Record<string, unknown>>;
};

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

/** What each field has to be when it is there; `reject` may be anything, for only a boolean `true` counts. */
const fields: Readonly<Record<string, (value: unknown) => boolean>> = {
  override_agent_id: (value) => typeof value === "string",
  override_agent_version: (value) => typeof value === "string" || typeof value === "number",
  dynamic_variables: (value) => isObject(value) && Object.values(objectOf(value)).every((each) => typeof each === "string"),
  metadata: isObject,
  agent_override: isObject,
};

/** What Retell takes from the answer to `call_inbound`: one wrong field voids all of it. */
export function readInboundReply(text: string): InboundReply {
  try {
    const { call_inbound: reply = {} } = objectOf(JSON.parse(text)) as { call_inbound?: unknown };
    const isWhole =
      isObject(reply) && Object.entries(fields).every(([name, fits]) => objectOf(reply)[name] === undefined || fits(objectOf(reply)[name]));
    return isWhole ? objectOf(reply) : {};
  } catch {
    return {};
  }
}
