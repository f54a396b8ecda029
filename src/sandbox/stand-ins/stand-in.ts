/** What a stand-in can be told to do; `down` cuts every connection, `silent` takes it and never answers. */
export const moods = ["ok", "down", "silent", "slow", "error", "html", "suspended", "throttled"] as const;
export type Mood = (typeof moods)[number];

export type VendorRequest = {
  readonly method: string;
  readonly path: string;
  /** The `Authorization` header as sent. */
  readonly authorization: string | undefined;
  /** The key this vendor accepts. */
  readonly key: string;
};

export type VendorAnswer = { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> };

/** How one vendor answers; pure, so that it can be held against the vendor's contract. */
export type StandIn = (request: VendorRequest, mood: Mood) => VendorAnswer;

/** What a proxy in front of a broken service sends: a friendly page, with status 200. */
export const htmlPage = "<!doctype html><html><head><title>We'll be right back</title></head><body><h1>Maintenance</h1></body></html>";

export const slowMs = 3000;
