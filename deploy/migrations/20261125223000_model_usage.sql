-- What the calls of models took, summed up for each run. In a column and by a trigger of its own, beside the usage
-- that append_run_events keeps: each call is one event, and the event is stored once.

alter table perdure.runs add column model_usage jsonb not null default '{}';
comment on column perdure.runs.model_usage is 'Sums over the events model.called; costUsd is null once a price is not known.';

create function perdure.add_model_usage() returns trigger
language plpgsql set search_path = '' as $$
begin
  update perdure.runs as r
    set model_usage = jsonb_build_object(
      'modelCalls', coalesce((r.model_usage ->> 'modelCalls')::bigint, 0) + 1,
      'inputTokens', coalesce((r.model_usage ->> 'inputTokens')::bigint, 0) + (new.data ->> 'inputTokens')::bigint,
      'outputTokens', coalesce((r.model_usage ->> 'outputTokens')::bigint, 0) + (new.data ->> 'outputTokens')::bigint,
      -- What is not known stays so, whatever is added.
      'costUsd', case when r.model_usage = '{}' then 0 else (r.model_usage ->> 'costUsd')::numeric end
        + (new.data ->> 'costUsd')::numeric)
    where r.id = new.run_id;
  return null;
end
$$;

create trigger add_model_usage after insert on perdure.run_events
  for each row when (new.type = 'model.called') execute function perdure.add_model_usage();

create or replace function perdure.run_head(r perdure.runs) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', r.id, 'tenantId', r.tenant_id, 'status', r.status, 'goal', r.goal, 'agent', r.agent,
    'result', r.result, 'error', r.error, 'usage', r.usage || r.model_usage, 'metadata', r.metadata,
    'requestHash', r.request_hash, 'createdAt', perdure.iso(r.created_at),
    'startedAt', perdure.iso(r.started_at), 'finishedAt', perdure.iso(r.finished_at), 'lastSeq', r.last_seq)
$$;

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 7 $$;

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
