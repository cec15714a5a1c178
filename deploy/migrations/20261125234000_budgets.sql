-- Budgets: what a run may use up, and the limit that is reached. In a column and by a trigger of its own.

alter table perdure.runs add column budget jsonb;
comment on column perdure.runs.budget is 'The limits, onExhausted, and as `exhausted` the limit that is reached.';

create function perdure.set_budget() returns trigger
language plpgsql set search_path = '' as $$
begin
  update perdure.runs as r
    set budget = case new.type
      when 'budget.changed' then new.data -> 'budget'
      else r.budget || jsonb_build_object('exhausted', new.data -> 'limit')
    end
    where r.id = new.run_id;
  return null;
end
$$;

create trigger set_budget after insert on perdure.run_events
  for each row when (new.type in ('budget.changed', 'budget.exhausted')) execute function perdure.set_budget();

create or replace function perdure.run_head(r perdure.runs) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', r.id, 'tenantId', r.tenant_id, 'status', r.status, 'goal', r.goal, 'agent', r.agent,
    'result', r.result, 'error', r.error, 'usage', r.usage || r.model_usage, 'budget', r.budget,
    'metadata', r.metadata, 'requestHash', r.request_hash, 'createdAt', perdure.iso(r.created_at),
    'startedAt', perdure.iso(r.started_at), 'finishedAt', perdure.iso(r.finished_at), 'lastSeq', r.last_seq)
$$;

-- Creates the record with its first event, or returns the one that is there; null when the id is another tenant's.
create or replace function perdure.create_run(p_run jsonb) returns jsonb
language plpgsql set search_path = '' as $$
begin
  insert into perdure.runs (id, tenant_id, goal, agent, metadata, request_hash, created_at, budget)
  values ((p_run ->> 'id')::uuid, p_run ->> 'tenantId', p_run ->> 'goal', p_run ->> 'agent',
    coalesce(p_run -> 'metadata', '{}'), p_run ->> 'requestHash', (p_run ->> 'createdAt')::timestamptz,
    p_run -> 'budget')
  on conflict (id) do nothing;
  if found then
    perform perdure.append_run_events((p_run ->> 'id')::uuid, jsonb_build_array(jsonb_build_object(
      'type', 'run.queued', 'key', 'run.queued', 'at', p_run ->> 'createdAt',
      'data', jsonb_build_object('goal', p_run ->> 'goal'))));
  end if;
  return (select perdure.run_json(r) from perdure.runs as r
    where r.id = (p_run ->> 'id')::uuid and r.tenant_id = p_run ->> 'tenantId');
end
$$;

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 10 $$;

revoke execute on function perdure.set_budget() from public;
grant execute on function perdure.set_budget() to service_role;
