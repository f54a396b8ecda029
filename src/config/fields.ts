import { z } from "zod";
import { durationSchema } from "../kernel/duration.ts";
import { zones, type Zone } from "../probes/cause.ts";

/** The host Ampel itself runs on; it is always there. */
export const localHost = "local";

/** Names are spoken, stand in probe ids and become words of a shell: no blanks, no capitals, no slashes. */
export const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** A reference to an entry of another section; whether it exists is checked for the whole file at once. */
export const referenceSchema = z.string().min(1);

export const pathSchema = z.string().regex(/^(\/|~\/|~$)[^\u0000]*$/, { error: "path" });

export const dampingSchema = z
  .strictObject({
    failures: z.int().min(1).max(20).optional().describe("Bad looks needed before a finding is raised"),
    of: z.int().min(1).max(20).optional().describe("… out of this many looks in a row"),
    recoveries: z.int().min(1).max(20).optional().describe("Good looks in a row before a finding is closed"),
  })
  .describe("How many looks decide; a definite event (a unit that died) is believed at once");

export type Damping = z.infer<typeof dampingSchema>;

/** Fields every watched thing may carry, beside those of its probe. */
export const watchFields = {
  zone: z.enum(zones).optional().describe("Zone of a finding, instead of the cause's own"),
  every: durationSchema.optional().describe("Time between two looks; default 5s red, 15s yellow, 60s green, longer for slow things"),
  deadline: durationSchema.optional().describe("A look that takes longer counts as no answer; default 5s"),
  damping: dampingSchema.optional(),
  dependsOn: z.array(referenceSchema).optional().describe("Names of what this stands on: while they are down, its findings are muted"),
} as const;

/** What `watchFields` become: the common half of a probe. Times in milliseconds. */
export type Watch = {
  readonly kind: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly host?: string;
  readonly subject?: string;
  readonly dependsOn: readonly string[];
  readonly zone?: Zone;
  readonly everyMs?: number;
  readonly deadlineMs?: number;
  readonly damping?: Damping;
};
