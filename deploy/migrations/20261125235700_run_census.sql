-- How many runs are open, and in which of them nothing has happened for longest: of all tenants, for the metrics.

create function perdure.count_open_runs() returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('status', x.status, 'runs', x.runs)), '[]')
  from (
    select r.status, count(*) as runs from perdure.runs as r
    where r.status in ('queued', 'running', 'waiting', 'paused') group by r.status
  ) as x
$$;

-- Runs that wait for a person, or were paused by one, stand still on purpose.
create function perdure.idle_runs(p_before timestamptz, p_limit integer) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('tenantId', x.tenant_id, 'runId', x.id) order by x.at, x.id), '[]')
  from (
    select r.tenant_id, r.id, e.at from perdure.runs as r
    join perdure.run_events as e on e.run_id = r.id and e.seq = r.last_seq
    where r.status in ('queued', 'running', 'waiting', 'paused') and r.status in ('queued', 'running')
      and r.created_at < p_before and e.at < p_before
    order by e.at, r.id limit p_limit
  ) as x
$$;

revoke execute on function perdure.count_open_runs(), perdure.idle_runs(timestamptz, integer) from public;
grant execute on function perdure.count_open_runs(), perdure.idle_runs(timestamptz, integer) to service_role;

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 12 $$;
