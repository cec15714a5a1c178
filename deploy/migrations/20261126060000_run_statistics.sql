-- How many runs a tenant has, by status and by when they were submitted.

-- With status and agent in it, the index alone answers.
drop index perdure.runs_newest;
create index runs_newest on perdure.runs (tenant_id, created_at desc, id desc) include (status, agent);

-- p_filter: {agent?, createdAfter?, createdBefore?, metadata?}. Answers an array of {status, period, runs}: periods count
-- from 0 at p_from, each of p_seconds; null before it.
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

revoke execute on function perdure.count_runs(text, jsonb, timestamptz, integer) from public;
grant execute on function perdure.count_runs(text, jsonb, timestamptz, integer) to service_role;

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 19 $$;
