-- Runs without their plans: a plan has up to 1 MB, and lists and look-ups need none.

create function perdure.run_head(r perdure.runs) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', r.id, 'tenantId', r.tenant_id, 'status', r.status, 'goal', r.goal, 'agent', r.agent,
    'result', r.result, 'error', r.error, 'usage', r.usage, 'metadata', r.metadata,
    'requestHash', r.request_hash, 'createdAt', perdure.iso(r.created_at),
    'startedAt', perdure.iso(r.started_at), 'finishedAt', perdure.iso(r.finished_at), 'lastSeq', r.last_seq)
$$;

create or replace function perdure.run_json(r perdure.runs) returns jsonb
language sql immutable set search_path = '' as $$
  select perdure.run_head(r) || jsonb_build_object('plan', r.plan)
$$;

create function perdure.find_run(p_tenant_id text, p_run_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select perdure.run_head(r) from perdure.runs as r where r.id = p_run_id and r.tenant_id = p_tenant_id
$$;

-- As before, but for the heads.
create or replace function perdure.list_runs(
  p_tenant_id text, p_filter jsonb, p_limit integer, p_before_time timestamptz, p_before_id uuid
) returns setof jsonb
language plpgsql stable set search_path = '' as $$
begin
  return query execute
    'select perdure.run_head(r) from perdure.runs as r where r.tenant_id = $1'
    || case when p_filter ? 'status' then ' and r.status = $2 ->> ''status''' else '' end
    || case when p_filter ? 'agent' then ' and r.agent = $2 ->> ''agent''' else '' end
    || case when p_filter ? 'createdAfter' then ' and r.created_at > ($2 ->> ''createdAfter'')::timestamptz' else '' end
    || case when p_filter ? 'createdBefore' then ' and r.created_at < ($2 ->> ''createdBefore'')::timestamptz' else '' end
    || case when p_filter ? 'metadata' then ' and r.metadata @> ($2 -> ''metadata'')' else '' end
    || case when p_before_id is not null then ' and (r.created_at, r.id) < ($4, $5)' else '' end
    || ' order by r.created_at desc, r.id desc limit $3'
    using p_tenant_id, p_filter, p_limit, p_before_time, p_before_id;
end
$$;

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 2 $$;

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
