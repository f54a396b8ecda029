import type { StandIn, VendorAnswer } from "./stand-in.ts";

/** Cal.com API v2 as far as a probe sees it: `GET /v2/me` and the summary of its openstatus page. */
export const answerAsCalcom: StandIn = ({ method, path, authorization, key }, mood) => {
  if (path === "/api/status/summary.json") return { status: 200, body: summary(mood === "ok") };
  if (mood === "error") return failure(500, "INTERNAL_SERVER_ERROR", "Internal server error");
  if (mood === "throttled") return failure(429, "TOO_MANY_REQUESTS", "Too Many Requests");
  if (mood === "suspended") return failure(403, "FORBIDDEN", "This account has been suspended");
  if (authorization !== `Bearer ${key}`) return failure(401, "UNAUTHORIZED", "Invalid API key");
  if (method === "GET" && path === "/v2/me") return { status: 200, body: { status: "success", data: me } };
  return failure(404, "NOT_FOUND", `Cannot ${method} ${path}`);
};

const me = {
  id: 1,
  username: "askproai-sandbox",
  email: "sandbox@example.org",
  name: "AskProAI (Sandbox)",
  avatarUrl: null,
  bio: null,
  timeFormat: 24,
  defaultScheduleId: 1,
  weekStart: "Monday",
  timeZone: "Europe/Berlin",
  organizationId: null,
};

function failure(status: number, code: string, text: string): VendorAnswer {
  return { status, body: { status: "error", error: { code, message: text } } };
}

function summary(isUp: boolean) {
  return {
    status: isUp ? { indicator: "none", description: "All Systems Operational" } : { indicator: "major", description: "Major Outage" },
    components: [{ name: "API v2", status: isUp ? "operational" : "major_outage" }],
  };
}
