import type { Faults } from "./vendor-fault.ts";
import type { Route } from "./vendor-server.ts";

type StatusRoute<Endpoint extends string> = Route<unknown, Endpoint | "status-page">;

/** The summary of Retell's page (Atlassian Statuspage). Another company's machine: it answers whatever happens to the API. */
export function retellStatusPage<Endpoint extends string>(faults: Faults<Endpoint>): StatusRoute<Endpoint> {
  return {
    name: "status-page",
    method: "GET",
    path: "/api/v2/summary.json",
    access: "status-page",
    answer: (_request, { now }) => {
      const isUp = faults.overall() === undefined;
      const updatedAt = new Date(now).toISOString();
      return {
        status: 200,
        body: {
          page: { id: "sandboxretell", name: "Retell AI", url: "http://127.0.0.1", time_zone: "Etc/UTC", updated_at: updatedAt },
          status: isUp
            ? { indicator: "none", description: "All Systems Operational" }
            : { indicator: "major", description: "Partial System Outage" },
          components: ["API", "Phone Call"].map((name, position) => ({
            id: `component-${position}`,
            name,
            status: isUp ? "operational" : "major_outage",
            position,
            group: false,
            group_id: null,
            updated_at: updatedAt,
          })),
          incidents: [],
          scheduled_maintenances: [],
        },
      };
    },
  };
}

/** The summary of Cal.com's page (openstatus). */
export function calcomStatusPage<Endpoint extends string>(faults: Faults<Endpoint>): StatusRoute<Endpoint> {
  return {
    name: "status-page",
    method: "GET",
    path: "/api/status/summary.json",
    access: "status-page",
    answer: () => {
      const isUp = faults.overall() === undefined;
      return {
        status: 200,
        body: {
          status: isUp
            ? { indicator: "none", description: "All Systems Operational" }
            : { indicator: "major", description: "Major Outage" },
          components: [{ name: "API v2", status: isUp ? "operational" : "major_outage" }],
        },
      };
    },
  };
}
