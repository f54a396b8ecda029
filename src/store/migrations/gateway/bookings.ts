/**
 * Appointments: ours, what Cal.com made of them, and what a human has to decide. A row holds what is at Cal.com
 * (`calcom_uid`, `starts_at`) and what is wanted (`wanted_starts_at`, `is_cancel_wanted`): a job makes the first the second.
 */
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
  wanted_starts_at timestamptz,
  is_cancel_wanted boolean not null default false,
  ends_at timestamptz not null,
  state text not null check (state in ('provisional', 'confirmed', 'cancelled', 'conflict', 'rejected')),
  calcom_uid text,
  calcom_event_type_id bigint,
  calcom_at timestamptz,
  reservation_uid text,
  sent_at timestamptz,
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
create index appointment_by_call on gateway.appointment (company_id, call_id);
create index appointment_by_phone on gateway.appointment (company_id, (attendee ->> 'phone'));
select gateway.protect('gateway.appointment');

-- Every uid an appointment ever had at Cal.com: a late event about an old one must not make a second appointment.
create table gateway.appointment_uid (
  calcom_uid text primary key,
  company_id text not null,
  appointment_id text not null,
  closed_at timestamptz,
  foreign key (company_id, appointment_id) references gateway.appointment
);
select gateway.protect('gateway.appointment_uid');

-- What was answered to a wish, so that its repetition has the same answer.
create table gateway.booking_operation (
  company_id text not null references gateway.company,
  operation_id text not null,
  kind text not null check (kind in ('book', 'reschedule', 'cancel')),
  appointment_id text,
  call_id text,
  result jsonb,
  started_at timestamptz not null,
  primary key (company_id, operation_id)
);
create index operation_by_call on gateway.booking_operation (company_id, call_id);
create index operation_by_time on gateway.booking_operation (started_at);
select gateway.protect('gateway.booking_operation');

create table gateway.availability (
  company_id text not null references gateway.company,
  service_id text not null,
  day date not null,
  slots jsonb not null,
  as_of timestamptz not null,
  invalid_at timestamptz,
  primary key (company_id, service_id, day),
  foreign key (company_id, service_id) references gateway.service on delete cascade
);
select gateway.protect('gateway.availability');

create table gateway.booking_conflict (
  conflict_id text primary key,
  company_id text not null references gateway.company,
  appointment_id text,
  subject text not null default '',
  kind text not null,
  detail jsonb not null,
  found_at timestamptz not null,
  resolved_at timestamptz,
  resolved_by text,
  resolution text,
  needs_callback boolean not null default false,
  callback_id text
);
create unique index conflict_once on gateway.booking_conflict (company_id, kind, subject) where resolved_at is null;
select gateway.protect('gateway.booking_conflict');
`;
