import { z } from "zod";

const schema = z.object({
  call_inbound: z
    .object({
      reject: z.unknown().optional(),
      override_agent_id: z.string().optional(),
      override_agent_version: z.union([z.number(), z.string()]).optional(),
      dynamic_variables: z.record(z.string(), z.string()).optional(),
      metadata: z.record(z.string(), z.unknown()).optional(),
      agent_override: z.record(z.string(), z.unknown()).optional(),
    })
    .default({}),
});

export type InboundReply = NonNullable<z.infer<typeof schema>["call_inbound"]>;

/** What Retell takes from the answer to `call_inbound`: one wrong field voids all of it, and only a boolean `true` rejects. */
export function readInboundReply(text: string): InboundReply {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.call_inbound : {};
  } catch {
    return {};
  }
}
