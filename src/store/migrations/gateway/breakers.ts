/** Circuit breakers shared by all processes, and the shared limit of what leaves towards a vendor. */
export const breakerTables = `
create table gateway.breaker (
  vendor text primary key,
  state text not null check (state in ('closed', 'open', 'half-open', 'isolated')),
  opened_at timestamptz,
  probe_after timestamptz,
  probe_owner text,
  probe_until timestamptz,
  failures jsonb not null default '[]',
  reason text,
  owner text,
  expires_at timestamptz,
  open_count integer not null default 0,
  version bigint not null default 1,
  changed_at timestamptz not null default now()
);

create table gateway.egress (
  bucket text primary key,
  tokens double precision not null,
  refilled_at timestamptz not null,
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
