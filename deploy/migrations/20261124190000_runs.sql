-- Run records: one row a run. append_run_events keeps it level with the run's log.

create table perdure.runs (
  id                uuid        primary key,
  tenant_id         text        not null,
  status            text        not null default 'queued'
    check (status in ('queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled')),
  goal              text        not null,
  agent             text        not null,
  plan              jsonb,
  result            jsonb,
  error             jsonb,
  usage             jsonb       not null default '{"steps": 0}',
  metadata          jsonb       not null default '{}',
  request_hash      text,
  created_at        timestamptz not null,
  started_at        timestamptz,
  finished_at       timestamptz,
  last_seq          integer     not null default 0,
  events_trimmed_at timestamptz,
  model_usage       jsonb       not null default '{}',
  budget            jsonb,
  -- Beside the log, which ends with the run: how the webhook is told of that end.
  webhook           jsonb,
  -- What has started the run where that was no submission, or which run it goes on from; and what was asked for beside
  -- the work itself, for those that go on from it.
  origin            jsonb,
  settings          jsonb,
  plan_version      integer     not null default 0
);
comment on table perdure.runs is 'One row a run: the projection of its event log that people query.';
comment on column perdure.runs.events_trimmed_at is 'When retention deleted the run''s events; the record stays.';
comment on column perdure.runs.model_usage is 'Sums over the events model.called; costUsd is null once a price is not known.';
comment on column perdure.runs.budget is 'The limits, onExhausted, and as `exhausted` the limit that is reached.';
comment on column perdure.runs.webhook is '{url, state, attempts, lastAttemptAt, lastError}; null where nobody is to be told.';
comment on column perdure.runs.plan_version is 'Counts the changes of the plan from 1; 0 while there is none.';

-- With status and agent in it, the index alone answers how many there are.
create index runs_newest on perdure.runs (tenant_id, created_at desc, id desc) include (status, agent);
create index runs_by_status on perdure.runs (tenant_id, status, created_at desc, id desc);
create index runs_by_agent on perdure.runs (tenant_id, agent, created_at desc, id desc);
create index runs_by_metadata on perdure.runs using gin (metadata jsonb_path_ops);
-- Runs of sub-agents are found by the run that has handed on to them.
create index runs_of_parent on perdure.runs ((origin ->> 'runId'), created_at)
  where origin ->> 'kind' = 'delegate';
create index runs_open on perdure.runs (tenant_id) where status in ('queued', 'running', 'waiting', 'paused');
create index runs_open_by_age on perdure.runs (created_at, id)
  where status in ('queued', 'running', 'waiting', 'paused');
create index runs_finished on perdure.runs (finished_at, id) where finished_at is not null;
create index runs_to_trim on perdure.runs (finished_at) where finished_at is not null and events_trimmed_at is null;
create index runs_with_untold_webhook on perdure.runs (finished_at, id)
  where webhook ->> 'state' = 'waiting' and finished_at is not null;

alter table perdure.runs enable row level security;
create policy runs_of_own_tenant on perdure.runs for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
grant select on perdure.runs to authenticated;
grant select, insert, update, delete on perdure.runs to service_role;

-- A run without its plan, which has up to 1 MB: lists and look-ups need none.
create function perdure.run_head(r perdure.runs) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', r.id, 'tenantId', r.tenant_id, 'status', r.status, 'goal', r.goal, 'agent', r.agent,
    'result', r.result, 'error', r.error, 'usage', r.usage || r.model_usage, 'budget', r.budget,
    'metadata', r.metadata, 'requestHash', r.request_hash, 'webhook', r.webhook,
    'origin', r.origin, 'settings', r.settings, 'createdAt', perdure.iso(r.created_at),
    'startedAt', perdure.iso(r.started_at), 'finishedAt', perdure.iso(r.finished_at), 'lastSeq', r.last_seq)
$$;

create function perdure.run_json(r perdure.runs) returns jsonb
language sql immutable set search_path = '' as $$
  select perdure.run_head(r) || jsonb_build_object('plan', r.plan, 'planVersion', r.plan_version)
$$;

create function perdure.get_run(p_tenant_id text, p_run_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select perdure.run_json(r) from perdure.runs as r where r.id = p_run_id and r.tenant_id = p_tenant_id
$$;

create function perdure.find_run(p_tenant_id text, p_run_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select perdure.run_head(r) from perdure.runs as r where r.id = p_run_id and r.tenant_id = p_tenant_id
$$;

-- Newest first. p_filter: {status?: [...], agent?, createdAfter?, createdBefore?, metadata?, parent?}, the status also as
-- one text; the page begins after the run (p_before_time, p_before_id). Several statuses are one branch each, which reads
-- its own index in order and no more than a page of it: `status = any (...)` would read all their runs and sort them.
create function perdure.list_runs(
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

-- Of all tenants, for the job that compares them with Temporal's workflows. Oldest first, from the one after
-- (p_after_time, p_after_id) on.
create function perdure.open_runs(
  p_before timestamptz, p_limit integer, p_after_time timestamptz, p_after_id uuid
) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    -- To the microsecond, as it is stored: the next page begins after it.
    'tenantId', x.tenant_id, 'runId', x.id,
    'createdAt', to_char(x.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  ) order by x.created_at, x.id), '[]')
  from (
    select r.tenant_id, r.id, r.created_at from perdure.runs as r
    where r.status in ('queued', 'running', 'waiting', 'paused') and r.created_at < p_before
      and (r.created_at, r.id) > (coalesce(p_after_time, '-infinity'),
        coalesce(p_after_id, '00000000-0000-0000-0000-000000000000'))
    order by r.created_at, r.id limit p_limit
  ) as x
$$;

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
