/** Whose interfaces we call. */
export const vendors = ["retell", "calcom", "twilio"] as const;
export type Vendor = (typeof vendors)[number];
