/** Appointments: ours, what Cal.com made of them, and what a human has to decide. */
export const bookingTables = `
create table gateway.appointment (
  company_id text not null references gateway.company,
  appointment_id text not null,
  branch_id text,
  customer_id text,
  staff_id text,
  service_id text,
  call_id text,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  state text not null check (state in ('provisional', 'confirmed', 'cancelled', 'conflict', 'rejected')),
  calcom_uid text,
  calcom_event_type_id bigint,
  operation_id text not null,
  sync_state text not null check (sync_state in ('pending', 'synced', 'failed', 'unknown')),
  sync_attempts integer not null default 0,
  sync_error text,
  sync_after timestamptz,
  hold_until timestamptz,
  source text not null,
  attendee jsonb not null default '{}',
  needs_human boolean not null default false,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  version integer not null default 1,
  primary key (company_id, appointment_id),
  unique (company_id, operation_id),
  foreign key (company_id, branch_id) references gateway.branch,
  foreign key (company_id, customer_id) references gateway.customer,
  foreign key (company_id, staff_id) references gateway.staff,
  foreign key (company_id, service_id) references gateway.service
);
create unique index appointment_by_uid on gateway.appointment (calcom_uid) where calcom_uid is not null;
create index appointment_by_time on gateway.appointment (company_id, starts_at);
create index appointment_unsynced on gateway.appointment (sync_after) where sync_state in ('pending', 'unknown');
select gateway.protect('gateway.appointment');

create table gateway.availability (
  company_id text not null references gateway.company,
  service_id text not null,
  day date not null,
  slots jsonb not null,
  as_of timestamptz not null,
  primary key (company_id, service_id, day),
  foreign key (company_id, service_id) references gateway.service on delete cascade
);
select gateway.protect('gateway.availability');

create table gateway.booking_conflict (
  conflict_id text primary key,
  company_id text not null references gateway.company,
  appointment_id text,
  kind text not null,
  detail jsonb not null,
  found_at timestamptz not null,
  resolved_at timestamptz,
  resolved_by text
);
create unique index conflict_once on gateway.booking_conflict (company_id, kind, appointment_id) where resolved_at is null;
select gateway.protect('gateway.booking_conflict');
`;
