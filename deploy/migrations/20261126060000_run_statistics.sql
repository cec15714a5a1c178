-- How many runs there are, and how they do.

-- Of one tenant, by status and by when they were submitted. p_filter: {agent?, createdAfter?, createdBefore?, metadata?}.
-- Answers an array of {status, period, runs}: periods count from 0 at p_from, each of p_seconds; null before it.
create function perdure.count_runs(
  p_tenant_id text, p_filter jsonb, p_from timestamptz, p_seconds integer
) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_counts jsonb;
begin
  -- Written out by what is asked, so that each shape gets the plan of its own index.
  execute
    'select coalesce(jsonb_agg(jsonb_build_object(''status'', x.status, ''period'', x.period, ''runs'', x.runs)), ''[]'')'
    || ' from (select r.status, count(*) as runs, case when r.created_at >= $3'
    || ' then floor(extract(epoch from r.created_at - $3) / $4)::bigint end as period'
    || ' from perdure.runs as r where r.tenant_id = $1'
    || case when p_filter ? 'agent' then ' and r.agent = $2 ->> ''agent''' else '' end
    || case when p_filter ? 'createdAfter' then ' and r.created_at > ($2 ->> ''createdAfter'')::timestamptz' else '' end
    || case when p_filter ? 'createdBefore' then ' and r.created_at < ($2 ->> ''createdBefore'')::timestamptz' else '' end
    || case when p_filter ? 'metadata' then ' and r.metadata @> ($2 -> ''metadata'')' else '' end
    || ' group by 1, 3) as x'
    into v_counts using p_tenant_id, p_filter, p_from, p_seconds;
  return v_counts;
end
$$;

-- Of all tenants, for the metrics.
create function perdure.count_open_runs() returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('status', x.status, 'runs', x.runs)), '[]')
  from (
    select r.status, count(*) as runs from perdure.runs as r
    where r.status in ('queued', 'running', 'waiting', 'paused') group by r.status
  ) as x
$$;

-- Of all tenants, for the metrics: those in which nothing has happened for longest. Runs that wait for a person, or were
-- paused by one, stand still on purpose.
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

-- How runs of all tenants have ended lately, for the page that shows how the system does: the newest p_limit. Periods count
-- from 0 at p_from, each of p_seconds; those without a run are left out. Clocks of workers may be behind: nothing takes
-- less than no time.
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

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
