/** Opening hours of a branch: weekday (1 = Monday … 7 = Sunday) to spans of local time, "HH:MM". A missing day is closed. */
export type OpeningHours = Readonly<Partial<Record<"1" | "2" | "3" | "4" | "5" | "6" | "7", readonly { from: string; to: string }[]>>>;

export type KnownCompany = {
  readonly companyId: string;
  readonly name: string;
  readonly isActive: boolean;
  readonly timeZone: string;
  readonly language: string;
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
  companyOfEventType(eventTypeId: number): string | undefined;
  /** When it was last read from the database, epoch ms; 0 = never. */
  readonly asOf: number;
};
