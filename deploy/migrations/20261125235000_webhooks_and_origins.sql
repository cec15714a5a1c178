-- How a run's webhook is told of its end: in the run's record, beside the log, which ends with the run. And what has started
-- a run where that was no submission, or which one it goes on from; with what was asked for beside the work itself, for
-- those that go on from it.

alter table perdure.runs add column webhook jsonb, add column origin jsonb, add column settings jsonb;
comment on column perdure.runs.webhook is '{url, state, attempts, lastAttemptAt, lastError}; null where nobody is to be told.';
-- For the job that sees to those that nobody has begun to tell.
create index runs_with_untold_webhook on perdure.runs (finished_at, id)
  where webhook ->> 'state' = 'waiting' and finished_at is not null;

create or replace function perdure.run_head(r perdure.runs) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', r.id, 'tenantId', r.tenant_id, 'status', r.status, 'goal', r.goal, 'agent', r.agent,
    'result', r.result, 'error', r.error, 'usage', r.usage || r.model_usage, 'budget', r.budget,
    'metadata', r.metadata, 'requestHash', r.request_hash, 'webhook', r.webhook,
    'origin', r.origin, 'settings', r.settings, 'createdAt', perdure.iso(r.created_at),
    'startedAt', perdure.iso(r.started_at), 'finishedAt', perdure.iso(r.finished_at), 'lastSeq', r.last_seq)
$$;

-- Creates the record with its first event, or returns the one that is there; null when the id is another tenant's.
create or replace function perdure.create_run(p_run jsonb) returns jsonb
language plpgsql set search_path = '' as $$
begin
  insert into perdure.runs (id, tenant_id, goal, agent, metadata, request_hash, webhook, origin, settings, budget,
    created_at)
  values ((p_run ->> 'id')::uuid, p_run ->> 'tenantId', p_run ->> 'goal', p_run ->> 'agent',
    coalesce(p_run -> 'metadata', '{}'), p_run ->> 'requestHash',
    case when p_run #>> '{webhook,url}' is not null then jsonb_build_object(
      'url', p_run #>> '{webhook,url}', 'state', 'waiting', 'attempts', 0, 'lastAttemptAt', null, 'lastError', null
    ) end,
    nullif(p_run -> 'origin', 'null'), nullif(p_run -> 'settings', 'null'),
    p_run -> 'budget', (p_run ->> 'createdAt')::timestamptz)
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

-- Adds to what is known of how it went. False where there is no such run, or none that tells anybody.
create function perdure.note_webhook(p_tenant_id text, p_run_id uuid, p_note jsonb) returns boolean
language plpgsql set search_path = '' as $$
begin
  update perdure.runs as r set webhook = r.webhook || p_note
    where r.id = p_run_id and r.tenant_id = p_tenant_id and r.webhook is not null;
  return found;
end
$$;

-- Of all tenants: runs that had ended before a moment and whose webhook nobody has begun to tell.
create function perdure.untold_webhooks(p_before timestamptz, p_limit integer) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('tenantId', x.tenant_id, 'runId', x.id, 'url', x.webhook ->> 'url')
    order by x.finished_at, x.id), '[]')
  from (
    select r.tenant_id, r.id, r.webhook, r.finished_at from perdure.runs as r
    where r.webhook ->> 'state' = 'waiting' and r.finished_at is not null and r.finished_at < p_before
    order by r.finished_at, r.id limit p_limit
  ) as x
$$;

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 11 $$;

revoke execute on all functions in schema perdure from public;
grant execute on function perdure.current_tenant() to authenticated;
grant execute on all functions in schema perdure to service_role;
