import type { ClientBase } from "pg";
import type { DirectoryContent, KnownAgent, KnownBranch, KnownCompany, KnownNumber, KnownService, OpeningHours } from "./directory.ts";

type CompanyRow = {
  company_id: string;
  name: string;
  is_active: boolean;
  time_zone: string;
  language: string;
  retell_key: string | null;
  calcom_key: string | null;
  calcom_team_id: string | null;
};
type BranchRow = {
  company_id: string;
  branch_id: string;
  name: string;
  is_active: boolean;
  opening_hours: OpeningHours;
  emergency_number: string | null;
};
type ServiceRow = {
  company_id: string;
  service_id: string;
  branch_id: string | null;
  name: string;
  duration_minutes: number;
  calcom_event_type_id: string | null;
  is_active: boolean;
};
type AgentRow = { company_id: string; agent_id: string; version: number | null; webhook_url: string | null };
type NumberRow = {
  number: string;
  company_id: string;
  branch_id: string;
  agent_id: string | null;
  agent_version: number | null;
  carrier_sid: string | null;
  is_active: boolean;
};

/** A mark that is another one after every change of what a directory holds. Needs no scope. */
export async function readDirectoryVersion(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ version: string }>("select version from gateway.directory_version");
  return rows[0]?.version ?? "";
}

/** Everything a directory holds, from one snapshot; the transaction must see every company. */
export async function readDirectoryContent(client: ClientBase, asOf: number): Promise<DirectoryContent> {
  const companies = await client.query<CompanyRow>(
    `select company_id, name, is_active, time_zone, language, retell_key, calcom_key, calcom_team_id from gateway.company order by company_id`,
  );
  const branches = await client.query<BranchRow>(
    `select company_id, branch_id, name, is_active, opening_hours, emergency_number from gateway.branch order by company_id, branch_id`,
  );
  const services = await client.query<ServiceRow>(
    `select company_id, service_id, branch_id, name, duration_minutes, calcom_event_type_id, is_active
     from gateway.service order by company_id, service_id`,
  );
  const agents = await client.query<AgentRow>(
    `select company_id, agent_id, version, webhook_url from gateway.agent order by company_id, agent_id`,
  );
  const numbers = await client.query<NumberRow>(
    `select number, company_id, branch_id, agent_id, agent_version, carrier_sid, is_active from gateway.phone_number order by number`,
  );
  const branchesOf = Map.groupBy(branches.rows, ({ company_id }) => company_id);
  const servicesOf = Map.groupBy(services.rows, ({ company_id }) => company_id);
  return {
    asOf,
    companies: companies.rows.map((row) =>
      toCompany(row, (branchesOf.get(row.company_id) ?? []).map(toBranch), (servicesOf.get(row.company_id) ?? []).map(toService)),
    ),
    agents: agents.rows.map(toAgent),
    numbers: numbers.rows.map(toNumber),
  };
}

function toCompany(row: CompanyRow, branches: readonly KnownBranch[], services: readonly KnownService[]): KnownCompany {
  return {
    companyId: row.company_id,
    name: row.name,
    isActive: row.is_active,
    timeZone: row.time_zone,
    language: row.language,
    ...(row.retell_key === null ? {} : { retellKey: row.retell_key }),
    ...(row.calcom_key === null ? {} : { calcomKey: row.calcom_key }),
    ...(row.calcom_team_id === null ? {} : { calcomTeamId: Number(row.calcom_team_id) }),
    branches,
    services,
  };
}

function toBranch(row: BranchRow): KnownBranch {
  return {
    branchId: row.branch_id,
    name: row.name,
    isActive: row.is_active,
    openingHours: row.opening_hours,
    ...(row.emergency_number === null ? {} : { emergencyNumber: row.emergency_number }),
  };
}

function toService(row: ServiceRow): KnownService {
  return {
    serviceId: row.service_id,
    ...(row.branch_id === null ? {} : { branchId: row.branch_id }),
    name: row.name,
    durationMinutes: row.duration_minutes,
    ...(row.calcom_event_type_id === null ? {} : { calcomEventTypeId: Number(row.calcom_event_type_id) }),
    isActive: row.is_active,
  };
}

function toAgent(row: AgentRow): KnownAgent {
  return {
    companyId: row.company_id,
    agentId: row.agent_id,
    ...(row.version === null ? {} : { version: row.version }),
    ...(row.webhook_url === null ? {} : { webhookUrl: row.webhook_url }),
  };
}

function toNumber(row: NumberRow): KnownNumber {
  return {
    number: row.number,
    companyId: row.company_id,
    branchId: row.branch_id,
    ...(row.agent_id === null ? {} : { agentId: row.agent_id }),
    ...(row.agent_version === null ? {} : { agentVersion: row.agent_version }),
    ...(row.carrier_sid === null ? {} : { carrierSid: row.carrier_sid }),
    isActive: row.is_active,
  };
}
