import type { Refusals, VendorAnswer } from "../vendor-server.ts";

/** `{status, message}`, as documented. */
export function retellError(status: number, text: string): VendorAnswer {
  return { status, body: { status: "error", message: text } };
}

export const retellRefusals: Refusals = {
  notFound: () => retellError(404, "Not found"),
  badBody: () => retellError(400, "Invalid JSON"),
  error: (status) => retellError(status, "Internal server error"),
  // The vendor's words; it sends no Retry-After and no rate headers.
  throttled: () => retellError(429, "Account rate limited, please throttle your requests."),
  suspended: () => retellError(402, "Payment required"),
};
