import type { StandIn, VendorAnswer } from "./stand-in.ts";

/** Retell.ai as far as a probe sees it: `GET /get-api-key-info` and the status page's summary (Atlassian Statuspage). */
export const answerAsRetell: StandIn = ({ method, path, authorization, key }, mood) => {
  // The status page is another company's machine: it answers whatever happens to the API.
  if (path === "/api/v2/summary.json") return { status: 200, body: summary(mood === "ok" ? "operational" : "major_outage") };
  if (mood === "error") return failure(500, "Internal server error");
  if (mood === "throttled") return failure(429, "Account rate limited, please throttle your requests.");
  if (mood === "suspended") return failure(402, "Payment required");
  if (authorization === undefined) return { status: 401, body: { error_message: "Authorization header required" } };
  if (authorization !== `Bearer ${key}`) return failure(401, "Invalid API key");
  if (method === "GET" && path === "/get-api-key-info") {
    return { status: 200, body: { api_key_name: "sandbox", org_name: "AskProAI (Sandbox)" } };
  }
  return failure(404, "Not found");
};

function failure(status: number, text: string): VendorAnswer {
  return { status, body: { status: "error", message: text } };
}

function summary(state: "operational" | "major_outage") {
  const updatedAt = new Date().toISOString();
  const isUp = state === "operational";
  return {
    page: { id: "sandboxretell", name: "Retell AI", url: "http://127.0.0.1", time_zone: "Etc/UTC", updated_at: updatedAt },
    status: isUp
      ? { indicator: "none", description: "All Systems Operational" }
      : { indicator: "major", description: "Partial System Outage" },
    components: ["API", "Phone Call"].map((name, position) => ({
      id: `component-${position}`,
      name,
      status: state,
      position,
      group: false,
      group_id: null,
      updated_at: updatedAt,
    })),
    incidents: [],
    scheduled_maintenances: [],
  };
}
