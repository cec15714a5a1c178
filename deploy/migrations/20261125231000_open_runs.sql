-- Runs that are open, of all tenants, for the job that compares them with Temporal's workflows.

create index runs_open_by_age on perdure.runs (created_at, id)
  where status in ('queued', 'running', 'waiting', 'paused');

-- Oldest first, from the one after (p_after_time, p_after_id) on.
create function perdure.open_runs(
  p_before timestamptz, p_limit integer, p_after_time timestamptz, p_after_id uuid
) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    -- To the microsecond, as it is stored: the next page begins after it.
    'tenantId', x.tenant_id, 'runId', x.id,
    'createdAt', to_char(x.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  ) order by x.created_at, x.id), '[]')
  from (
    select r.tenant_id, r.id, r.created_at from perdure.runs as r
    where r.status in ('queued', 'running', 'waiting', 'paused') and r.created_at < p_before
      and (r.created_at, r.id) > (coalesce(p_after_time, '-infinity'),
        coalesce(p_after_id, '00000000-0000-0000-0000-000000000000'))
    order by r.created_at, r.id limit p_limit
  ) as x
$$;

revoke execute on function perdure.open_runs(timestamptz, integer, timestamptz, uuid) from public;
grant execute on function perdure.open_runs(timestamptz, integer, timestamptz, uuid) to service_role;

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 9 $$;
