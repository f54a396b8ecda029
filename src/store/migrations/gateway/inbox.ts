/** What arrived, byte for byte, and what became of it. The company is unknown until a handler has looked. */
export const inboxTables = `
create table gateway.inbox_event (
  id bigint generated always as identity primary key,
  provider text not null,
  dedup_key text not null,
  ordering_key text not null,
  event_type text not null,
  company_id text,
  occurred_at timestamptz,
  received_at timestamptz not null,
  kept_at timestamptz not null default now(),
  method text not null,
  url text not null,
  headers jsonb not null,
  body bytea not null,
  verdict text not null check (verdict in ('verified', 'unverified', 'stale', 'unknown_provider')),
  key_id text,
  source_address text,
  status text not null check (status in ('quarantined', 'ready', 'retry', 'done', 'dead', 'parked', 'discarded', 'expired')),
  attempts integer not null default 0,
  next_at timestamptz not null default now(),
  last_error text,
  source text not null check (source in ('live', 'spool', 'backfill', 'replay')),
  park_id text,
  duplicates integer not null default 0,
  finished_at timestamptz,
  masked_at timestamptz,
  unique (provider, dedup_key)
);
create index inbox_waiting on gateway.inbox_event (next_at, id) where status in ('ready', 'retry');
create index inbox_blocking on gateway.inbox_event (ordering_key, id) where status in ('ready', 'retry', 'dead', 'parked');
create index inbox_by_time on gateway.inbox_event (received_at);

create table gateway.inbox_park (
  park_id text primary key,
  queue text not null,
  parked_at timestamptz not null,
  reason text not null,
  owner text not null,
  event_count integer not null,
  content_hash text not null,
  file text,
  restored_at timestamptz
);

create table gateway.replay (
  replay_id text primary key,
  plan jsonb not null,
  plan_hash text not null,
  planned_at timestamptz not null,
  expires_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  cursor_id bigint not null default 0,
  done_count integer not null default 0,
  skipped_count integer not null default 0,
  failed_count integer not null default 0,
  cancelled_at timestamptz
);

create table gateway.cursor (
  name text primary key,
  value jsonb not null,
  changed_at timestamptz not null
);

create table gateway.finding (
  kind text not null,
  company_id text not null default '',
  subject text not null,
  data jsonb not null default '{}',
  first_at timestamptz not null,
  last_at timestamptz not null,
  count bigint not null default 1,
  cleared_at timestamptz,
  primary key (kind, company_id, subject)
);
`;
