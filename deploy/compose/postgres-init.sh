#!/bin/sh
# Once, when the database is made: the roles of Supabase, the login of perdure's workers, and Temporal's own.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
  --set authenticator="$AUTHENTICATOR_PASSWORD" --set auth_admin="$AUTH_ADMIN_PASSWORD" \
  --set perdure="$PERDURE_DB_PASSWORD" --set temporal="$TEMPORAL_DB_PASSWORD" <<'SQL'
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit password :'authenticator';
grant anon, authenticated, service_role to authenticator;
create role perdure login password :'perdure' in role service_role;
create role supabase_auth_admin login noinherit createrole password :'auth_admin';
create schema auth authorization supabase_auth_admin;
alter role supabase_auth_admin set search_path = auth;
create role temporal login createdb password :'temporal';
SQL
