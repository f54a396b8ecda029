import type pg from "pg";
import { gatewaySection } from "../src/config/gateway-schema.ts";
import { toDirectory, type Directory } from "../src/gateway/companies/directory.ts";
import type { Delivery } from "../src/gateway/delivery.ts";
import type { Gateway } from "../src/gateway/gateway.ts";
import { systemClock } from "../src/kernel/clock.ts";
import { openStore } from "../src/store/store.ts";
import { startPostgres, type PostgresService } from "../test/services/postgres.ts";

/** A Postgres of the bench's own that really syncs, as big as the one Ampel supervises. */
export async function startDurablePostgres(): Promise<{ service: PostgresService; url: string }> {
  const service = await startPostgres({
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    shared_buffers: "128MB",
    max_wal_size: "1GB",
    max_connections: "200",
  });
  const password = encodeURIComponent(process.env[service.passwordVariable] ?? "");
  return { service, url: `postgres://${service.user}:${password}@${service.address}:${service.port}/${service.database}` };
}

export const companyCount = 8;
const numberOf = (company: number): string => `+49301234${String(100 + company)}`;

/** Ampel's tables in that Postgres, with eight companies. */
export async function openBenchStore(url: string): Promise<{ pool: pg.Pool; directory: Directory; close(): Promise<void> }> {
  const store = await openStore({ stateFolder: "/nonexistent", databaseUrl: url });
  const companies = Array.from({ length: companyCount }, (_, index) => `firma-${index}`);
  for (const [index, company] of companies.entries()) {
    await store.pool.query("insert into gateway.company (company_id, name) values ($1, $1)", [company]);
    await store.pool.query("insert into gateway.branch (company_id, branch_id, name) values ($1, 'haupt', 'Haupt')", [company]);
    await store.pool.query("insert into gateway.phone_number (number, company_id, branch_id) values ($1, $2, 'haupt')", [
      numberOf(index),
      company,
    ]);
  }
  const directory = toDirectory({
    asOf: Date.now(),
    companies: companies.map((companyId) => ({
      companyId,
      name: companyId,
      isActive: true,
      timeZone: "Europe/Berlin",
      language: "de",
      branches: [{ branchId: "haupt", name: "Haupt", isActive: true, openingHours: {} }],
      services: [],
    })),
    agents: [],
    numbers: companies.map((companyId, index) => ({ number: numberOf(index), companyId, branchId: "haupt", isActive: true })),
  });
  return { pool: store.pool, directory, close: () => store.close() };
}

export function benchGateway(pool: pg.Pool, directory: Directory): Gateway {
  const unused = (): never => {
    throw new Error("not part of this bench");
  };
  return {
    clock: systemClock,
    language: "de",
    timeZone: "Europe/Berlin",
    settings: gatewaySection.parse({ publicUrl: "https://gw.example.test" }) as Gateway["settings"],
    pool,
    directory,
    switches: { isOn: () => false },
    breakers: { state: () => "closed", run: unused },
    egress: { take: unused, block: unused },
    keep: unused,
    access: () => undefined,
    report: () => {},
  };
}

const lifecycle = ["call_started", "call_ended", "call_analyzed"] as const;
const transcript = "Agent: Guten Tag, Praxis am Markt, was kann ich für Sie tun?\nUser: Ich möchte einen Termin.\n".repeat(12);

/** The `index`-th event: three per call in their order, about 2 KB each, as Retell sends them. */
export function lifecycleEvent(index: number): Delivery {
  const callIndex = Math.floor(index / 3);
  const type = lifecycle[index % 3] ?? "call_started";
  const callId = `call_${String(callIndex).padStart(26, "0")}`;
  const startedAt = 1_800_000_000_000 + callIndex * 1000;
  const isOver = type !== "call_started";
  const body = {
    event: type,
    call: {
      call_id: callId,
      call_type: "phone_call",
      agent_id: "agent_bench",
      agent_version: 3,
      call_status: isOver ? "ended" : "ongoing",
      direction: "inbound",
      from_number: `+4915100${String(callIndex % 100_000).padStart(6, "0")}`,
      to_number: numberOf(callIndex % companyCount),
      start_timestamp: startedAt,
      metadata: {},
      ...(isOver
        ? { end_timestamp: startedAt + 90_000, duration_ms: 90_000, disconnection_reason: "user_hangup", transcript }
        : { context: transcript }),
      ...(type === "call_analyzed"
        ? { call_analysis: { call_summary: "Termin gewünscht", call_successful: true, user_sentiment: "Positive", in_voicemail: false } }
        : {}),
    },
  };
  return {
    provider: "retell",
    eventType: type,
    dedupKey: `${type}:${callId}`,
    orderingKey: callId,
    occurredAt: startedAt,
    receivedAt: Date.now(),
    verdict: "verified",
    keyId: "main",
    source: "live",
    method: "POST",
    url: "https://gw.example.test/webhooks/retell",
    headers: { "content-type": "application/json", "user-agent": "axios/1.7", "x-retell-signature": `v=${startedAt},d=${"0".repeat(64)}` },
    body: Buffer.from(JSON.stringify(body)),
  };
}
