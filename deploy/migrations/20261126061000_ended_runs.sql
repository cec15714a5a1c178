-- How runs have ended lately, of all tenants: for the page that shows how the system does.

-- Of the newest p_limit. Periods count from 0 at p_from, each of p_seconds; those without a run are left out. Clocks of
-- workers may be behind: nothing takes less than no time.
create function perdure.ended_runs(p_from timestamptz, p_seconds integer, p_limit integer) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'period', x.period, 'completed', x.completed, 'failed', x.failed, 'cancelled', x.cancelled,
    'startP50Ms', x.start_ms[1], 'startP95Ms', x.start_ms[2], 'tookP50Ms', x.took_ms[1], 'tookP95Ms', x.took_ms[2]
  ) order by x.period), '[]')
  from (
    select
      floor(extract(epoch from e.finished_at - p_from) / p_seconds)::bigint as period,
      count(*) filter (where e.status = 'completed') as completed,
      count(*) filter (where e.status = 'failed') as failed,
      count(*) filter (where e.status = 'cancelled') as cancelled,
      percentile_cont(array[0.5, 0.95]) within group (
        order by greatest(0, extract(epoch from e.started_at - e.created_at)::float8 * 1000)
      ) filter (where e.started_at is not null) as start_ms,
      percentile_cont(array[0.5, 0.95]) within group (
        order by greatest(0, extract(epoch from e.finished_at - e.created_at)::float8 * 1000)
      ) as took_ms
    from (
      select r.status, r.created_at, r.started_at, r.finished_at from perdure.runs as r
      where r.finished_at is not null and r.finished_at >= p_from
      order by r.finished_at desc, r.id desc limit p_limit
    ) as e
    group by 1
  ) as x
$$;

revoke execute on function perdure.ended_runs(timestamptz, integer, integer) from public;
grant execute on function perdure.ended_runs(timestamptz, integer, integer) to service_role;

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 20 $$;
