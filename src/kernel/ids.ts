import { randomInt } from "node:crypto";

// No vowels and no look-alikes: an id is read aloud on a phone and never spells a word.
const alphabet = "23456789bcdfghjkmnpqrstvwxz";

/** A short id such as `inc-7k3fw9q2`, sayable on a phone; 27^8 values. */
export function newId(prefix: string): string {
  let tail = "";
  while (tail.length < 8) tail += alphabet[randomInt(alphabet.length)];
  return `${prefix}-${tail}`;
}
