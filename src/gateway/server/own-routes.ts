import { Hono } from "hono";
import { describeHealth, type HealthFacts } from "./health.ts";
import type { GatewayMetrics } from "./metrics.ts";

/** `/health`: what was looked at and when. `/health/live`: this process answers. `/metrics`: Prometheus text. */
export function ownRoutes(facts: () => HealthFacts, { registry }: Pick<GatewayMetrics, "registry">): Hono {
  const app = new Hono();
  app.get("/health/live", (context) => context.text("ok"));
  app.get("/health", (context) => {
    const { status, page } = describeHealth(facts());
    return context.json(page, status);
  });
  app.get("/metrics", async (context) => context.body(await registry.metrics(), 200, { "content-type": registry.contentType }));
  return app;
}
