/**
 * Tenants and what belongs to them. Every row carries its company, row-level security enforces it, and references
 * carry the company with them, so that even a wrong statement cannot tie a row of one company to another's.
 */
export const companyTables = `
create schema gateway;
do $$ begin
  create role ampel_tenant nologin;
exception when duplicate_object or unique_violation or insufficient_privilege then null;
end $$;
do $$ begin
  execute format('grant ampel_tenant to %I', current_user);
exception when undefined_object or insufficient_privilege then null;
end $$;
do $$ begin
  grant usage on schema gateway to ampel_tenant;
exception when undefined_object then null;
end $$;

create function gateway.in_scope(owner text) returns boolean language sql stable parallel safe
  as $$ select owner = current_setting('ampel.company', true) or current_setting('ampel.company', true) = '*' $$;

create function gateway.protect(name regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', name);
  execute format('alter table %s force row level security', name);
  execute format('create policy own_company on %s using (gateway.in_scope(company_id)) with check (gateway.in_scope(company_id))', name);
  begin
    execute format('grant select, insert, update, delete on %s to ampel_tenant', name);
  exception when undefined_object then null;
  end;
end $$;

create table gateway.company (
  company_id text primary key,
  name text not null,
  is_active boolean not null default true,
  time_zone text not null default 'Europe/Berlin',
  language text not null default 'de',
  retell_key text,
  calcom_key text,
  calcom_team_id bigint,
  settings jsonb not null default '{}',
  changed_at timestamptz not null default now()
);
select gateway.protect('gateway.company');

create table gateway.branch (
  company_id text not null references gateway.company,
  branch_id text not null,
  name text not null,
  is_active boolean not null default true,
  opening_hours jsonb not null default '{}',
  emergency_number text,
  notification_email text,
  settings jsonb not null default '{}',
  primary key (company_id, branch_id)
);
select gateway.protect('gateway.branch');

create table gateway.agent (
  company_id text not null references gateway.company,
  agent_id text not null,
  name text not null,
  version integer,
  webhook_url text,
  primary key (company_id, agent_id)
);
select gateway.protect('gateway.agent');

create table gateway.phone_number (
  number text primary key,
  company_id text not null,
  branch_id text not null,
  agent_id text,
  agent_version integer,
  carrier_sid text,
  is_active boolean not null default true,
  foreign key (company_id, branch_id) references gateway.branch,
  foreign key (company_id, agent_id) references gateway.agent
);
select gateway.protect('gateway.phone_number');

create table gateway.service (
  company_id text not null references gateway.company,
  service_id text not null,
  branch_id text,
  name text not null,
  duration_minutes integer not null check (duration_minutes > 0),
  calcom_event_type_id bigint,
  is_active boolean not null default true,
  primary key (company_id, service_id),
  foreign key (company_id, branch_id) references gateway.branch
);
select gateway.protect('gateway.service');

create table gateway.staff (
  company_id text not null,
  staff_id text not null,
  branch_id text not null,
  name text not null,
  email text,
  calcom_user_id bigint,
  is_active boolean not null default true,
  primary key (company_id, staff_id),
  foreign key (company_id, branch_id) references gateway.branch
);
select gateway.protect('gateway.staff');

create table gateway.service_staff (
  company_id text not null,
  service_id text not null,
  staff_id text not null,
  primary key (company_id, service_id, staff_id),
  foreign key (company_id, service_id) references gateway.service on delete cascade,
  foreign key (company_id, staff_id) references gateway.staff on delete cascade
);
select gateway.protect('gateway.service_staff');

create table gateway.customer (
  company_id text not null references gateway.company,
  customer_id text not null,
  name text,
  phone text,
  email text,
  created_at timestamptz not null default now(),
  primary key (company_id, customer_id),
  unique (company_id, phone)
);
select gateway.protect('gateway.customer');

create table gateway.snapshot (
  snapshot_id text primary key,
  company_id text not null references gateway.company,
  taken_at timestamptz not null,
  reason text not null,
  content jsonb not null,
  restored_at timestamptz
);
select gateway.protect('gateway.snapshot');
`;
