/** How the manager of a service calls it. */
export type ServiceAddress =
  | { readonly manager: "systemd"; readonly unit: string }
  | { readonly manager: "supervisor"; readonly program: string; readonly configFile?: string }
  | ({ readonly manager: "process" } & PlainProcess);

/** A service without a manager: Ampel starts it detached and knows it by its pid file. */
export type PlainProcess = {
  readonly pidFile: string;
  readonly start: readonly string[];
  /** Default: SIGTERM to the process group, SIGKILL after `stopGraceMs`. */
  readonly stop?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the pid file's path with `.log` added. */
  readonly logFile?: string;
};

/** What the manager says about a service at one moment. Times: epoch ms UTC. */
export type ServiceState = {
  /** Up in the manager's eyes; false while it is still starting or waits for its next automatic restart. */
  readonly isRunning: boolean;
  /** Neither up nor at rest: starting, stopping, or between two automatic restarts. */
  readonly isChanging: boolean;
  /** Down as it should be: a task that ran to its end without error and waits for its next turn. */
  readonly isAtRest?: boolean;
  /** The main process is stopped by a signal (state T): there, and yet serving nobody. */
  readonly isHung: boolean;
  readonly mainPid?: number;
  /** Every process of it, where the manager knows several (supervisor with `numprocs`). */
  readonly pids?: readonly number[];
  /** Since when it is in its present state. */
  readonly since?: number;
  /** Automatic restarts counted by the manager since it was last started by hand. */
  readonly restarts?: number;
  /** The manager's word for how it ended (`success`, `exit-code`, `signal`, `oom-kill`, `FATAL` …). */
  readonly result?: string;
  /** Exit status of the last main process; above 128 (supervisor, systemd code "killed") it was a signal. */
  readonly lastExit?: string;
  readonly isMasked: boolean;
  readonly isEnabled: boolean;
  /** `loaded`, `not-found`, `masked`, `bad-setting`, `error`. */
  readonly loadState: string;
  /** The manager's own words, at most 2 KiB. */
  readonly raw: string;
  /** Last lines of its log as the manager has them, unmasked; empty while it runs well. */
  readonly lastLines: readonly string[];
};

export type ActOptions = {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** How long a process may take to end by itself before it is killed; plain processes only. Default 5 s. */
  readonly stopGraceMs?: number;
};

/** What was done, for the journal: the command and what it printed. */
export type ActEvidence = { readonly evidence: string; readonly durationMs: number };

/** One service on one host. Every act may be repeated: starting what runs and stopping what is down change nothing. */
export type ServiceControl = {
  readonly address: ServiceAddress;
  /** The name to show. */
  readonly name: string;
  /** @throws {Failure} host-unreachable, or service-failed when the manager does not answer. */
  state(signal: AbortSignal, timeoutMs?: number): Promise<ServiceState>;
  /** @throws {Failure} service-failed with what the manager said. */
  start(options: ActOptions): Promise<ActEvidence>;
  stop(options: ActOptions): Promise<ActEvidence>;
  restart(options: ActOptions): Promise<ActEvidence>;
  reload(options: ActOptions): Promise<ActEvidence>;
};
