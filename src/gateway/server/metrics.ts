import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What is counted while requests come in; `/metrics` shows it as Prometheus text. */
export type GatewayMetrics = ReturnType<typeof openMetrics>;

export type MetricReadings = {
  spoolBytes(): number;
  spoolAgeSeconds(): number;
  isStoreTaking(): boolean;
  backlog(): Readonly<Record<string, number>>;
  breakers(): readonly { vendor: string; state: string }[];
};

/** The states of a breaker as numbers, for graphs. */
const breakerNumbers: Readonly<Record<string, number>> = { closed: 0, "half-open": 1, open: 2, isolated: 3 };

/** A registry of its own, so that two gateways in one process (tests) do not share their figures. */
export function openMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    accepts: new Counter({
      name: "ampel_gateway_accepts_total",
      help: "Deliveries durably kept, by provider, verdict and place",
      labelNames: ["provider", "verdict", "place"] as const,
      registers,
    }),
    refusals: new Counter({
      name: "ampel_gateway_refusals_total",
      help: "Requests not kept, by provider and HTTP status",
      labelNames: ["provider", "status"] as const,
      registers,
    }),
    differences: new Counter({
      name: "ampel_gateway_different_duplicates_total",
      help: "Deliveries whose key was there already with other bytes; the first ones are kept",
      labelNames: ["provider"] as const,
      registers,
    }),
    unknownShapes: new Counter({
      name: "ampel_gateway_unknown_shapes_total",
      help: "Deliveries kept although their shape is not known",
      labelNames: ["provider"] as const,
      registers,
    }),
    seconds: new Histogram({
      name: "ampel_gateway_accept_seconds",
      help: "From the whole request to the answer",
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
      registers,
    }),
    drained: new Counter({ name: "ampel_gateway_drained_total", help: "Deliveries brought from the spool into the inbox", registers }),
    setAside: new Counter({
      name: "ampel_gateway_set_aside_total",
      help: "Spooled deliveries the database refused, and damaged stretches, set aside for a human",
      registers,
    }),
    findings: new Counter({ name: "ampel_gateway_findings_total", help: "Findings by kind", labelNames: ["kind"] as const, registers }),
  };
}

/** Gauges that are read at the moment of asking. */
export function addReadings({ registry }: Pick<GatewayMetrics, "registry">, readings: MetricReadings): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge("ampel_gateway_spool_bytes", "Bytes in this process's spool", readings.spoolBytes);
  gauge("ampel_gateway_spool_oldest_seconds", "Age of the oldest spooled delivery, 0 without one", readings.spoolAgeSeconds);
  gauge("ampel_gateway_store_taking", "1 while the database takes deliveries, 0 while the spool does", () =>
    Number(readings.isStoreTaking()),
  );
  new Gauge({
    name: "ampel_gateway_inbox_events",
    help: "Events in the inbox by state, done ones apart, as of the last look",
    labelNames: ["state"],
    registers,
    collect() {
      this.reset();
      for (const [state, count] of Object.entries(readings.backlog())) this.set({ state }, count);
    },
  });
  new Gauge({
    name: "ampel_gateway_breaker",
    help: "0 closed, 1 half-open, 2 open, 3 isolated",
    labelNames: ["vendor"],
    registers,
    collect() {
      for (const { vendor, state } of readings.breakers()) this.set({ vendor }, breakerNumbers[state] ?? -1);
    },
  });
}
