import { z } from "zod";

const asExpression = /^\/(.+)\/([imsu]*)$/s;

/** A text that must be found: as it stands, or as an expression `/…/` with the flags i, m, s, u. */
export const textPatternSchema = z
  .string()
  .min(1)
  .refine((pattern) => isExpressionSound(pattern), { error: "pattern" });

export function containsText(text: string, pattern: string): boolean {
  return compile(pattern)?.test(text) ?? text.includes(pattern);
}

function compile(pattern: string): RegExp | undefined {
  const [, source, flags] = asExpression.exec(pattern) ?? [];
  return source === undefined ? undefined : new RegExp(source, flags);
}

function isExpressionSound(pattern: string): boolean {
  try {
    compile(pattern);
    return true;
  } catch {
    return false;
  }
}
