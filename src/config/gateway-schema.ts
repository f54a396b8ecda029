import { z } from "zod";
import { hours, minutes, seconds } from "../kernel/clock.ts";
import { durationSchema } from "../kernel/duration.ts";
import { secretSchema } from "../kernel/secret.ts";
import { pathSchema } from "./fields.ts";

/** Several at once: the old and the new key of a rotation; the names stand in the record, the keys never do. */
const keysSchema = z.record(z.string().regex(/^[a-z0-9-]{1,40}$/, { error: "name" }), secretSchema).default({});
const e164Schema = z.string().regex(/^\+[1-9]\d{6,14}$/, { error: "phone" });

/** The gateway between Retell, Cal.com and the carrier. Absent: this system has none of Ampel's. */
export const gatewaySection = z
  .strictObject({
    listen: z.strictObject({ address: z.string().default("127.0.0.1"), port: z.int().min(0).max(65_535).default(8480) }).prefault({}),
    publicUrl: z.url().describe("How the vendors reach us, for example https://gw.askproai.de; signatures are checked against it"),
    trustedProxies: z
      .array(z.string())
      .default([])
      .describe("Addresses of our own proxies, for example 10.0.0.5; only from them X-Forwarded-For says who the sender is. Default none"),
    spool: pathSchema.optional().describe("Folder for what arrives while the database is away; default in Ampel's state folder"),
    spoolMaxBytes: z.int().min(1_048_576).default(2_147_483_648).describe("Default 2 GiB"),
    storeWait: durationSchema
      .default(150)
      .describe("Milliseconds the database has to keep an event before the spool takes it; default 150ms"),
    retell: z
      .strictObject({ keys: keysSchema, baseUrl: z.url().optional(), apiKey: secretSchema.optional() })
      .prefault({})
      .describe("Keys that carry the webhook badge; apiKey for our own calls"),
    calcom: z
      .strictObject({
        secrets: keysSchema,
        baseUrl: z.url().optional(),
        apiKey: secretSchema.optional(),
        requestsPerMinute: z.int().min(1).max(500).default(100).describe("Own limit over all calls of one key; Cal.com's own is 120"),
        cacheMaxAge: durationSchema
          .default(hours(2))
          .describe("Oldest availability that is still offered while Cal.com is away; default 2h"),
      })
      .prefault({}),
    twilio: z
      .strictObject({
        accountSid: z.string().optional(),
        tokens: keysSchema,
        baseUrl: z.url().optional(),
        from: e164Schema.optional().describe("Our number that callbacks are dialled from"),
        retellSip: z.string().optional().describe("sip:… address that hands a call to Retell"),
      })
      .prefault({}),
    callbacks: z
      .strictObject({
        promise: durationSchema.default(minutes(30)).describe("Shortest promise; later when the backlog is long. Default 30m"),
        perHour: z.int().min(1).max(600).default(20).describe("Callbacks dialled per hour; default 20"),
        attempts: z.int().min(1).max(5).default(3),
        pause: durationSchema.default(minutes(10)).describe("Between two attempts; default 10m"),
      })
      .prefault({}),
    retention: z
      .strictObject({
        events: durationSchema.default(hours(24 * 30)).describe("Default 30d"),
        personalData: durationSchema.default(hours(24 * 7)).describe("Masked afterwards; default 7d"),
      })
      .prefault({}),
    backfillEvery: durationSchema.default(minutes(15)).describe("Default 15m"),
    functionDeadline: durationSchema.default(seconds(8)).describe("A caller is waiting: Retell cuts at 10 s"),
  })
  .optional()
  .describe("The gateway between Retell, Cal.com and the telephone carrier");

export type GatewaySettings = NonNullable<z.infer<typeof gatewaySection>>;
