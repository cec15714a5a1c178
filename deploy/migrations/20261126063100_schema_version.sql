-- What a build checks before it serves: each migration that changes what the functions do raises it. Here in the end, so
-- that who finds a version finds all of it.
create function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 23 $$;

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
