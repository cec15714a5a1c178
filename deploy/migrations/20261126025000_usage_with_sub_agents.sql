-- What the models of sub-agents took counts in the runs above them, too: whoever looks at a run sees what it cost.

create or replace function perdure.add_model_usage() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_run_id uuid := new.run_id;
begin
  -- Always upwards, from a run whose row is locked to the one above: no two can wait for each other.
  while v_run_id is not null loop
    update perdure.runs as r
      set model_usage = jsonb_build_object(
        'modelCalls', coalesce((r.model_usage ->> 'modelCalls')::bigint, 0) + 1,
        'inputTokens', coalesce((r.model_usage ->> 'inputTokens')::bigint, 0) + (new.data ->> 'inputTokens')::bigint,
        'outputTokens', coalesce((r.model_usage ->> 'outputTokens')::bigint, 0) + (new.data ->> 'outputTokens')::bigint,
        -- What is not known stays so, whatever is added.
        'costUsd', case when r.model_usage = '{}' then 0 else (r.model_usage ->> 'costUsd')::numeric end
          + (new.data ->> 'costUsd')::numeric)
      where r.id = v_run_id and r.tenant_id = new.tenant_id
      returning case when r.origin ->> 'kind' = 'delegate' then (r.origin ->> 'runId')::uuid end into v_run_id;
    if not found then
      exit;
    end if;
  end loop;
  return null;
end
$$;

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 18 $$;

revoke execute on all functions in schema perdure from public;
grant execute on function perdure.current_tenant() to authenticated;
grant execute on all functions in schema perdure to service_role;
