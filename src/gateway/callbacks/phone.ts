import { parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js/max";

export type CallerNumber =
  | { readonly kind: "callable"; readonly phone: string }
  | { readonly kind: "anonymous" }
  | { readonly kind: "not-callable" };

/** What a carrier writes where a number is withheld: words, and the same words typed on a telephone keypad. */
const withheld = new Set(["anonymous", "restricted", "unavailable", "unknown", "blocked", "private", "privat", "withheld"]);
const withheldDigits = new Set(["266696687", "7378742833", "2562533", "8566696", "86282452253", "464"]);
// Ringing these back costs us, and is what a forged caller's number is for.
const costly = new Set(["PREMIUM_RATE", "SHARED_COST", "PAGER"]);

/** The number we could ring back. `country`: where a number without a country code belongs. Never throws. */
export function readCallerNumber(text: string | undefined, country: CountryCode = "DE"): CallerNumber {
  const given = (text ?? "")
    .trim()
    .toLowerCase()
    .replace(/^(?:sip|tel):/, "")
    .replace(/@.*$/, "");
  const digits = given.replace(/\D/g, "");
  if (given === "" || withheld.has(given) || withheldDigits.has(digits)) return { kind: "anonymous" };
  if (given.length > 40) return { kind: "not-callable" };
  const parsed = parsePhoneNumberFromString(given.replace(/^00/, "+"), country);
  if (parsed === undefined || !parsed.isValid() || costly.has(parsed.getType() ?? "")) return { kind: "not-callable" };
  return { kind: "callable", phone: parsed.number };
}

/** `+4917…89`: enough to tell two apart, not enough to ring. */
export function maskedNumber(phone: string): string {
  return phone.length < 8 ? "…" : `${phone.slice(0, 4)}…${phone.slice(-2)}`;
}
