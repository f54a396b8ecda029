/** What `ampel init` found on a machine. Holds names, addresses and paths, never a secret. */
export type MachineFacts = {
  readonly name: string;
  /** IANA name; `undefined` for UTC, which says nothing about where the people are. */
  readonly timezone: string | undefined;
  /** False in a container without systemd: units cannot be watched there. */
  readonly hasSystemd: boolean;
  readonly units: readonly UnitFact[];
  readonly programs: readonly ProgramFact[];
  readonly ports: readonly PortFact[];
  readonly apps: readonly AppFact[];
  readonly sites: readonly SiteFact[];
  readonly backups: readonly BackupFact[];
  /** Folders with `releases/` and a `current` link. */
  readonly releases: readonly string[];
  readonly logs: readonly string[];
  readonly crontabs: readonly CrontabFact[];
  /** What is there and could not be read. */
  readonly unseen: readonly string[];
};

/** `role`: what the unit is for, when its name tells. */
export type UnitFact = { readonly name: string; readonly role: UnitRole; readonly isRunning: boolean | undefined };
export type UnitRole = "web" | "php" | "mariadb" | "postgres" | "redis" | "supervisor" | "cron" | "mail" | "other";

export type ProgramFact = { readonly name: string; readonly file: string; readonly runsQueue: boolean };
export type PortFact = { readonly address: string; readonly port: number };
export type AppFact = {
  readonly folder: string;
  readonly isLink: boolean;
  readonly settings: Readonly<Record<string, string>>;
  readonly secretNames: readonly string[];
};
export type SiteFact = { readonly names: readonly string[]; readonly hasTls: boolean; readonly certificate: string | undefined };
export type BackupFact = { readonly folder: string; readonly pattern: string; readonly count: number; readonly newestAt: number };
export type CrontabFact = {
  readonly file: string;
  readonly jobs: number;
  /** A line drives Laravel's scheduler. */ readonly hasScheduler: boolean;
};
