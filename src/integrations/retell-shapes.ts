import { z } from "zod";

/** What we read of Retell's objects (retell-sdk 5.66.1); everything else is kept as it came. Times: epoch ms. */
export const retellCallSchema = z.looseObject({
  call_id: z.string().min(1).max(200),
  call_type: z.string().optional(),
  call_status: z.string(),
  direction: z.string().optional(),
  from_number: z.string().optional(),
  to_number: z.string().optional(),
  agent_id: z.string().optional(),
  agent_version: z.number().nullish(),
  start_timestamp: z.number().nullish(),
  end_timestamp: z.number().nullish(),
  duration_ms: z.number().nullish(),
  disconnection_reason: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  call_analysis: z.looseObject({}).nullish(),
});
export type RetellCall = z.infer<typeof retellCallSchema>;

export const retellCallListSchema = z.object({
  items: z.array(retellCallSchema),
  has_more: z.boolean(),
  pagination_key: z.string().min(1).optional(),
});

const agentBindingSchema = z.looseObject({
  agent_id: z.string(),
  agent_version: z.union([z.number(), z.string()]).nullish(),
  weight: z.number().optional(),
});

export const retellNumberSchema = z.looseObject({
  phone_number: z.string(),
  inbound_agents: z.array(agentBindingSchema).nullish(),
  inbound_webhook_url: z.string().nullish(),
  fallback_number: z.string().nullish(),
  nickname: z.string().nullish(),
});
export type RetellNumber = z.infer<typeof retellNumberSchema>;

export const retellNumberListSchema = z.object({
  items: z.array(retellNumberSchema),
  has_more: z.boolean(),
  pagination_key: z.string().min(1).optional(),
});

export const retellAgentSchema = z.looseObject({
  agent_id: z.string(),
  agent_name: z.string().nullish(),
  version: z.number().nullish(),
  is_published: z.boolean().nullish(),
  webhook_url: z.string().nullish(),
  max_call_duration_ms: z.number().nullish(),
});
export type RetellAgent = z.infer<typeof retellAgentSchema>;

export const retellConcurrencySchema = z.looseObject({ current_concurrency: z.number(), concurrency_limit: z.number() });
export type RetellConcurrency = z.infer<typeof retellConcurrencySchema>;
