/** Colours of the source playbook: green under 5 minutes, yellow under 15, red under 2. */
export const zones = ["green", "yellow", "red"] as const;
export type Zone = (typeof zones)[number];

/**
 * What is wrong, as a closed vocabulary: playbooks are triggered by these words.
 * The zone is the default when a probe reports the cause; a probe's own `zone` in ampel.yaml overrides it.
 */
export const causes = {
  "backup-stale": "yellow",
  "bookings-unsynced": "yellow",
  "calls-failing": "green",
  "certificate-expiring": "yellow",
  "certificate-invalid": "red",
  "clock-drift": "yellow",
  "connections-exhausted": "red",
  "cron-broken": "yellow",
  "data-loss": "red",
  "database-down": "red",
  "database-readonly": "red",
  "disk-filling": "yellow",
  "disk-full": "red",
  "dns-drift": "yellow",
  "dns-wrong": "red",
  "heartbeat-missing": "yellow",
  "host-unreachable": "red",
  "http-error": "red",
  "job-failed": "yellow",
  "load-high": "green",
  "log-errors": "green",
  "long-transaction": "green",
  "memory-low": "yellow",
  "playbook-broken": "green",
  "promise-breaking": "yellow",
  "queue-backlog": "green",
  "queue-stuck": "yellow",
  "release-drift": "green",
  "replication-lag": "yellow",
  "routing-drift": "yellow",
  "routing-lost": "red",
  "safety-off": "yellow",
  "schema-changed": "red",
  "service-down": "red",
  "service-flapping": "yellow",
  "slow-response": "green",
  "tenant-mixed": "yellow",
  unreachable: "red",
  "vendor-auth": "yellow",
  "vendor-down": "yellow",
  "vendor-throttled": "yellow",
  "webhooks-missing": "yellow",
} as const satisfies Record<string, Zone>;

export type Cause = keyof typeof causes;

export const causeNames = Object.keys(causes) as [Cause, ...Cause[]];
