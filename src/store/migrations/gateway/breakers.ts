/** Circuit breakers shared by all processes, who changed them, and what left towards each vendor. */
export const breakerTables = `
create table gateway.breaker (
  vendor text primary key,
  state text not null check (state in ('closed', 'open', 'half-open', 'isolated')),
  since timestamptz not null,
  trial_after timestamptz,
  trial_owner text,
  trial_until timestamptz,
  forced_by text,
  forced_reason text,
  forced_until timestamptz,
  calls jsonb not null default '[]',
  open_count integer not null default 0,
  last_failure jsonb,
  last_slow jsonb,
  version bigint not null default 1,
  changed_at timestamptz not null default now()
);

create table gateway.breaker_change (
  id bigint generated always as identity primary key,
  vendor text not null,
  at timestamptz not null,
  from_state text not null,
  to_state text not null,
  why text not null,
  made_by text,
  reason text
);
create index breaker_change_by_time on gateway.breaker_change (at);

create table gateway.egress (
  bucket text primary key,
  sent double precision[] not null default '{}',
  blocked_until timestamptz
);

create table gateway.egress_count (
  bucket text not null,
  minute timestamptz not null,
  sent integer not null default 0,
  throttled integer not null default 0,
  refused integer not null default 0,
  primary key (bucket, minute)
);
`;
