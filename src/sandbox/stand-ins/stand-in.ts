import type { DeliveryFault } from "../vendors/webhook-sender.ts";
import type { VendorFault } from "../vendors/vendor-fault.ts";

/**
 * What a vendor's process can be told to do by a word in its control file; `down` cuts every connection, `silent` takes
 * it and never answers. The last four spoil what the vendor sends, not what it answers.
 */
export const moods = [
  "ok",
  "down",
  "silent",
  "slow",
  "error",
  "html",
  "suspended",
  "throttled",
  "lying",
  "half-body",
  "done-but-silent",
  "doubling",
  "swapping",
  "losing",
  "forging",
] as const;
export type Mood = (typeof moods)[number];

const slowMs = 3000;

const deliveries: Readonly<Partial<Record<Mood, DeliveryFault>>> = {
  doubling: { kind: "doubled" },
  swapping: { kind: "swapped" },
  losing: { kind: "lost" },
  forging: { kind: "forged" },
};

/** The word of a control file; anything unknown is no mood. */
export function readMood(text: string): Mood {
  return moods.find((candidate) => candidate === text.trim()) ?? "ok";
}

/** What a mood does to the vendor's answers. */
export function faultOf(mood: Mood): VendorFault | undefined {
  switch (mood) {
    case "ok":
    case "doubling":
    case "swapping":
    case "losing":
    case "forging":
      return undefined;
    case "slow":
      return { kind: "slow", delayMs: slowMs };
    default:
      return { kind: mood };
  }
}

/** What a mood does to the webhooks the vendor sends. */
export function deliveryFaultOf(mood: Mood): DeliveryFault | undefined {
  return deliveries[mood];
}
