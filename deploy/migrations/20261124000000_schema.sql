-- The schema, who may use it, and what everything in it is made with. All access is through a handful of functions.
-- The same files serve a plain Postgres, the embedded one and Supabase (whose roles they expect or make).

do $roles$
begin
  if not exists (select from pg_roles where rolname = 'anon') then
    create role anon nologin noinherit;
  end if;
  if not exists (select from pg_roles where rolname = 'authenticated') then
    create role authenticated nologin noinherit;
  end if;
  if not exists (select from pg_roles where rolname = 'service_role') then
    create role service_role nologin noinherit bypassrls;
  end if;
end
$roles$;

-- The application's login takes the role service_role. Who made that role may not, unless it says so (since
-- Postgres 16); a superuser may, and on Supabase it has been said.
do $membership$
begin
  execute format('grant service_role to %I', current_user);
exception when insufficient_privilege then
  null;
end
$membership$;

create schema perdure;
revoke all on schema perdure from public;
grant usage on schema perdure to authenticated, service_role;

-- Row-level security: people who sign in read rows of their own tenant, which their token names; nobody but
-- service_role writes.
create function perdure.current_tenant() returns text
language sql stable set search_path = '' as $$
  select coalesce(
    nullif(claims.c -> 'app_metadata' ->> 'tenant_id', ''),
    nullif(claims.c ->> 'sub', '')
  )
  from (select nullif(current_setting('request.jwt.claims', true), '')::jsonb as c) as claims
$$;

-- The scope of who reads by a token of the sign-in, as the API takes it.
create function perdure.current_scope() returns text
language sql stable set search_path = '' as $$
  select coalesce(
    nullif(current_setting('request.jwt.claims', true), '')::jsonb -> 'app_metadata' ->> 'perdure_scope', 'write')
$$;

create function perdure.iso(moment timestamptz) returns text
language sql immutable set search_path = '' as $$
  select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- Postgres grants functions to everybody by default, whatever the default privileges of a schema say: so each
-- migration that makes one ends like this.
revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
-- Policies ask them.
grant execute on function perdure.current_tenant(), perdure.current_scope() to authenticated;
