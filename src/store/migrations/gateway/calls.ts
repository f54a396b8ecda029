/** Calls and the promises to call back. */
export const callTables = `
create table gateway.call (
  company_id text not null references gateway.company,
  call_id text not null,
  branch_id text,
  customer_id text,
  agent_id text,
  agent_version integer,
  from_number text,
  to_number text,
  direction text not null default 'inbound',
  state text not null check (state in ('ongoing', 'ended', 'failed')),
  started_at timestamptz,
  ended_at timestamptz,
  duration_ms integer,
  disconnection_reason text,
  failure text,
  is_dead_end boolean not null default false,
  is_closed_by_us boolean not null default false,
  outcome text,
  summary text,
  analysis jsonb,
  llm_requests integer,
  tool_calls integer not null default 0,
  tool_errors integer not null default 0,
  changed_at timestamptz not null default now(),
  primary key (company_id, call_id),
  foreign key (company_id, branch_id) references gateway.branch,
  foreign key (company_id, customer_id) references gateway.customer
);
create unique index call_once on gateway.call (call_id);
create index call_by_time on gateway.call (company_id, started_at);
create index call_open on gateway.call (started_at) where state = 'ongoing';
select gateway.protect('gateway.call');

create table gateway.tool_call (
  company_id text not null,
  id bigint generated always as identity primary key,
  call_id text not null,
  name text not null,
  at timestamptz not null,
  duration_ms integer not null,
  outcome text not null,
  agent_version integer,
  detail jsonb not null default '{}'
);
create index tool_call_by_time on gateway.tool_call (at);
create index tool_call_by_call on gateway.tool_call (company_id, call_id);
select gateway.protect('gateway.tool_call');

create table gateway.callback (
  callback_id text primary key,
  company_id text not null,
  branch_id text,
  customer_id text,
  call_id text,
  phone text not null,
  name text,
  wish text,
  recording_sid text,
  reason text not null,
  priority text not null default 'normal' check (priority in ('normal', 'high', 'urgent')),
  state text not null check (state in ('waiting', 'dialling', 'unclear', 'reached', 'gave-up', 'cancelled')),
  promised_at timestamptz not null default now(),
  opens_at timestamptz not null default now(),
  promised_by timestamptz not null,
  kept_at timestamptz,
  not_before timestamptz not null,
  attempts integer not null default 0,
  wish_ids text[] not null default '{}',
  created_at timestamptz not null,
  ended_at timestamptz,
  ended_by text,
  raised_half_at timestamptz,
  raised_at timestamptz,
  last_error text,
  unique (company_id, callback_id),
  foreign key (company_id, branch_id) references gateway.branch,
  foreign key (company_id, customer_id) references gateway.customer
);
create unique index callback_once on gateway.callback (company_id, phone) where state in ('waiting', 'dialling', 'unclear');
create index callback_waiting on gateway.callback (not_before) where state = 'waiting';
create index callback_ended on gateway.callback (ended_at) where ended_at is not null;
create index callback_wishes on gateway.callback using gin (wish_ids);
select gateway.protect('gateway.callback');

create table gateway.callback_attempt (
  company_id text not null,
  callback_id text not null,
  number integer not null,
  intended_at timestamptz not null,
  handed_at timestamptz,
  provider_id text,
  state text not null check (state in ('intended', 'handed', 'reached', 'missed', 'failed', 'unknown')),
  error text,
  ended_at timestamptz,
  primary key (callback_id, number),
  foreign key (company_id, callback_id) references gateway.callback (company_id, callback_id)
);
create index attempt_open on gateway.callback_attempt (intended_at) where state in ('intended', 'handed');
create index attempt_by_time on gateway.callback_attempt (intended_at);
select gateway.protect('gateway.callback_attempt');
`;
