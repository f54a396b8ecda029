/** Opening hours of a branch: weekday (1 = Monday … 7 = Sunday) to spans of local time, "HH:MM". A missing day is closed. */
export type OpeningHours = Readonly<Partial<Record<"1" | "2" | "3" | "4" | "5" | "6" | "7", readonly { from: string; to: string }[]>>>;

export type KnownCompany = {
  readonly companyId: string;
  readonly name: string;
  readonly isActive: boolean;
  readonly timeZone: string;
  readonly language: string;
  /** References to the company's own keys, `${file:…}`; absent: the common ones are used. Never the keys. */
  readonly retellKey?: string;
  readonly calcomKey?: string;
  readonly calcomTeamId?: number;
  readonly branches: readonly KnownBranch[];
  readonly services: readonly KnownService[];
};

export type KnownBranch = {
  readonly branchId: string;
  readonly name: string;
  readonly isActive: boolean;
  readonly openingHours: OpeningHours;
  readonly emergencyNumber?: string;
};

export type KnownService = {
  readonly serviceId: string;
  readonly branchId?: string;
  readonly name: string;
  readonly durationMinutes: number;
  readonly calcomEventTypeId?: number;
  readonly isActive: boolean;
};

/** Numbers are E.164. */
export type KnownNumber = {
  readonly number: string;
  readonly companyId: string;
  readonly branchId: string;
  readonly agentId?: string;
  readonly agentVersion?: number;
  readonly carrierSid?: string;
  readonly isActive: boolean;
};

/**
 * Who is who, in memory: the accept path and the answers to a waiting caller read nothing else.
 * Filled from the database, kept in a file beside the spool for a start without one.
 */
export type Directory = {
  company(companyId: string): KnownCompany | undefined;
  companies(): readonly KnownCompany[];
  number(e164: string): KnownNumber | undefined;
  numbers(): readonly KnownNumber[];
  /** The one company an agent belongs to; `undefined` when none or several. */
  companyOfAgent(agentId: string): string | undefined;
  /** The one company whose active or inactive service has this Cal.com event type; `undefined` when none or several. */
  companyOfEventType(eventTypeId: number): string | undefined;
  /** When it was last read from the database, epoch ms; 0 = never. */
  readonly asOf: number;
};

export type KnownAgent = { readonly companyId: string; readonly agentId: string; readonly version?: number; readonly webhookUrl?: string };

/** What a directory is made of; this is what lies in the file. */
export type DirectoryContent = {
  readonly asOf: number;
  readonly companies: readonly KnownCompany[];
  readonly agents: readonly KnownAgent[];
  readonly numbers: readonly KnownNumber[];
};

export const emptyContent: DirectoryContent = { asOf: 0, companies: [], agents: [], numbers: [] };

/** Pure. Every lookup is one step in a map. */
export function toDirectory({ asOf, companies, agents, numbers }: DirectoryContent): Directory {
  const companyById = new Map(companies.map((company) => [company.companyId, company]));
  const numberByText = new Map(numbers.map((number) => [number.number, number]));
  const ownersOfAgent = new Map<string, Set<string>>();
  const ownersOfEventType = new Map<number, Set<string>>();
  for (const { agentId, companyId } of agents) addOwner(ownersOfAgent, agentId, companyId);
  for (const { agentId, companyId } of numbers) if (agentId !== undefined) addOwner(ownersOfAgent, agentId, companyId);
  for (const { companyId, services } of companies) {
    for (const { calcomEventTypeId } of services) {
      if (calcomEventTypeId !== undefined) addOwner(ownersOfEventType, calcomEventTypeId, companyId);
    }
  }
  return {
    asOf,
    company: (companyId) => companyById.get(companyId),
    companies: () => companies,
    number: (e164) => numberByText.get(e164),
    numbers: () => numbers,
    companyOfAgent: (agentId) => onlyOwner(ownersOfAgent.get(agentId)),
    companyOfEventType: (eventTypeId) => onlyOwner(ownersOfEventType.get(eventTypeId)),
  };
}

function addOwner<Key>(owners: Map<Key, Set<string>>, key: Key, companyId: string): void {
  const found = owners.get(key);
  if (found === undefined) owners.set(key, new Set([companyId]));
  else found.add(companyId);
}

function onlyOwner(owners: ReadonlySet<string> | undefined): string | undefined {
  return owners?.size === 1 ? [...owners][0] : undefined;
}
