/**
 * Tenants and what belongs to them. Every row carries its company, row-level security enforces it, and references
 * carry the company with them, so that even a wrong statement cannot tie a row of one company to another's.
 */
export const companyTables = `
create schema gateway;
-- Run again where the role is gone: a dump that is restored elsewhere brings no roles along.
create function gateway.grant_tenant_role() returns void language plpgsql as $$
declare name regclass;
begin
  begin
    create role ampel_tenant nologin;
  exception when duplicate_object or unique_violation or insufficient_privilege then null;
  end;
  begin
    execute format('grant ampel_tenant to %I', current_user);
  exception when undefined_object or insufficient_privilege or internal_error then null;
  end;
  if not exists (select from pg_roles where rolname = 'ampel_tenant') then return; end if;
  grant usage on schema gateway to ampel_tenant;
  for name in
    select polrelid from pg_policy join pg_class on pg_class.oid = polrelid
    where polname = 'own_company' and relnamespace = 'gateway'::regnamespace
  loop
    execute format('grant select, insert, update, delete on %s to ampel_tenant', name);
  end loop;
end $$;
select gateway.grant_tenant_role();

-- The role that a scoped transaction takes; 'none' where it may not be used and FORCE binds the owner anyway.
create function gateway.tenant_role() returns text language plpgsql stable as $$
declare
  tenant oid := (select oid from pg_roles where rolname = 'ampel_tenant');
  -- Since version 16 a member may lack the right to take the role.
  wanted text := case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end;
begin
  if tenant is not null and pg_has_role(session_user, tenant, wanted) and has_schema_privilege(tenant, 'gateway', 'usage') then
    return 'ampel_tenant';
  end if;
  if exists (select from pg_roles where rolname = session_user and (rolsuper or rolbypassrls)) then
    raise insufficient_privilege using message = format('row-level security does not bind %s, and the role ampel_tenant is missing', session_user);
  end if;
  return 'none';
end $$;

create function gateway.protect(name regclass) returns void language plpgsql as $$
declare
  -- As a subquery it is read once per statement and not once per row: 20 times faster over 60,000 calls.
  scope text := '(select current_setting(''ampel.company'', true))';
  rule text := format('company_id = %s or %s = ''*''', scope, scope);
begin
  execute format('alter table %s enable row level security', name);
  execute format('alter table %s force row level security', name);
  execute format('create policy own_company on %s using (%s) with check (%s)', name, rule, rule);
  begin
    execute format('grant select, insert, update, delete on %s to ampel_tenant', name);
  exception when undefined_object then null;
  end;
end $$;

create table gateway.company (
  company_id text primary key check (company_id ~ '^(?!main$)[a-z0-9][a-z0-9_-]{0,62}$'),
  name text not null,
  is_active boolean not null default true,
  time_zone text not null default 'Europe/Berlin',
  language text not null default 'de',
  retell_key text check (retell_key ~ '^[$][{](env|file|credential):[^}]+[}]$'),
  calcom_key text check (calcom_key ~ '^[$][{](env|file|credential):[^}]+[}]$'),
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

-- What every process keeps in memory (src/gateway/companies/open-directory.ts) is read again when this has changed; random, so that
-- after a restore an old value never comes again.
create table gateway.directory_version (
  is_only boolean primary key default true check (is_only),
  version uuid not null default gen_random_uuid()
);
insert into gateway.directory_version default values;
create function gateway.touch_directory() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  update gateway.directory_version set version = gen_random_uuid();
  return null;
end $$;
do $$
declare name text;
begin
  foreach name in array array['company', 'branch', 'agent', 'phone_number', 'service'] loop
    execute format('create trigger touch_directory after insert or update or delete or truncate on gateway.%I execute function gateway.touch_directory()', name);
  end loop;
end $$;
`;
