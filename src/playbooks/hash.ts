import { createHash } from "node:crypto";
import type { Block } from "./playbook.ts";

/** Keys Runme drops or writes by itself when it saves; they say nothing about what a step does. */
function isForeign(key: string): boolean {
  return key === "id" || key === "index" || key.startsWith("_") || key.startsWith("runme.dev");
}

/** A block as it counts for a pin: attributes sorted, blanks at line ends gone (`playbook-format.md`, rule 9). */
function normalise(block: Block): unknown {
  const attributes = Object.entries(block.attributes)
    .filter(([key]) => !isForeign(key))
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const body = block.body.replaceAll(/[ \t\r]+$/gm, "").replace(/\n+$/, "");
  return { language: block.language, attributes, body };
}

/** Pin of one step (sha256, hex): what runs, where, and under which conditions; prose does not count. */
export function hashStep(blocks: readonly Block[], surroundings: { readonly cwd?: string }): string {
  return sha256({ cwd: surroundings.cwd ?? null, blocks: blocks.map(normalise) });
}

/** Pin of a whole playbook: its steps in their order. */
export function hashPlaybook(id: string, stepHashes: readonly string[]): string {
  return sha256({ id, stepHashes });
}

function sha256(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
