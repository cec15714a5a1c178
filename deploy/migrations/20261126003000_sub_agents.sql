-- Runs of sub-agents are found by the run that has handed on to them.

create index runs_of_parent on perdure.runs ((origin ->> 'runId'), created_at)
  where origin ->> 'kind' = 'delegate';

-- Newest first. p_filter: {status?: [...], agent?, createdAfter?, createdBefore?, metadata?, parent?}; the page begins after
-- the run (p_before_time, p_before_id). API processes of before this migration send one status as a text.
create or replace function perdure.list_runs(
  p_tenant_id text, p_filter jsonb, p_limit integer, p_before_time timestamptz, p_before_id uuid
) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  -- Written out by what is asked, so that each shape gets the plan of its own index.
  v_branch text := 'select r from perdure.runs as r where r.tenant_id = $1'
    || case when p_filter ? 'agent' then ' and r.agent = $2 ->> ''agent''' else '' end
    || case when p_filter ? 'createdAfter' then ' and r.created_at > ($2 ->> ''createdAfter'')::timestamptz' else '' end
    || case when p_filter ? 'createdBefore' then ' and r.created_at < ($2 ->> ''createdBefore'')::timestamptz' else '' end
    || case when p_filter ? 'parent' then ' and r.origin ->> ''kind'' = ''delegate'' and r.origin ->> ''runId'' = $2 ->> ''parent''' else '' end
    || case when p_filter ? 'metadata' then ' and r.metadata @> ($2 -> ''metadata'')' else '' end
    || case when p_before_id is not null then ' and (r.created_at, r.id) < ($4, $5)' else '' end;
  v_page   text := ' order by r.created_at desc, r.id desc limit $3';
  v_status jsonb := p_filter -> 'status';
  v_found  text := v_branch || v_page;
  v_runs   jsonb;
begin
  if v_status is not null then
    if jsonb_typeof(v_status) <> 'array' then
      v_status := jsonb_build_array(v_status);
    end if;
    select string_agg(format('(%s and r.status = %L%s)', v_branch, asked.status, v_page), ' union all ')
      into v_found
      from (select distinct jsonb_array_elements_text(v_status) as status) as asked;
  end if;
  execute
    'select coalesce(jsonb_agg(perdure.run_head(x.r) order by (x.r).created_at desc, (x.r).id desc), ''[]'') from ('
    || 'select found.r from (' || v_found || ') as found order by (found.r).created_at desc, (found.r).id desc limit $3'
    || ') as x'
    into v_runs using p_tenant_id, p_filter, p_limit, p_before_time, p_before_id;
  return v_runs;
end
$$;

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 15 $$;
