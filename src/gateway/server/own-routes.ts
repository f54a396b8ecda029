import { Hono } from "hono";
import type { GatewaySettings } from "../../config/gateway-schema.ts";
import { instanceHeader, markInstance } from "../vendors/instance-mark.ts";
import { describeHealth, type HealthFacts } from "./health.ts";
import type { GatewayMetrics } from "./metrics.ts";

/** `/health`: what was looked at and when. `/health/live`: this process answers, and proves who it is to whom asks. `/metrics`: Prometheus text. */
export function ownRoutes(facts: () => HealthFacts, { registry }: Pick<GatewayMetrics, "registry">, settings: () => GatewaySettings): Hono {
  const app = new Hono();
  app.get("/health/live", (context) => {
    const mark = markInstance(settings(), context.req.query("challenge") ?? "");
    if (mark !== undefined) context.header(instanceHeader, mark);
    return context.text("ok");
  });
  app.get("/health", (context) => {
    const { status, page } = describeHealth(facts());
    return context.json(page, status);
  });
  app.get("/metrics", async (context) => context.body(await registry.metrics(), 200, { "content-type": registry.contentType }));
  return app;
}
