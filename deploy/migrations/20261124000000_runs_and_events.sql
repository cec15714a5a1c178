-- Run records and their event log, with all access through a handful of functions.
-- The same file serves a plain Postgres, the embedded one and Supabase (whose roles it expects or makes).

do $roles$
begin
  if not exists (select from pg_roles where rolname = 'anon') then
    create role anon nologin noinherit;
  end if;
  if not exists (select from pg_roles where rolname = 'authenticated') then
    create role authenticated nologin noinherit;
  end if;
  if not exists (select from pg_roles where rolname = 'service_role') then
    create role service_role nologin noinherit bypassrls;
  end if;
end
$roles$;

create schema perdure;
revoke all on schema perdure from public;
grant usage on schema perdure to authenticated, service_role;


create table perdure.runs (
  id           uuid        primary key,
  tenant_id    text        not null,
  status       text        not null default 'queued'
    check (status in ('queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled')),
  goal         text        not null,
  agent        text        not null,
  plan         jsonb,
  result       jsonb,
  error        jsonb,
  usage        jsonb       not null default '{"steps": 0}',
  metadata     jsonb       not null default '{}',
  request_hash text,
  created_at   timestamptz not null,
  started_at   timestamptz,
  finished_at  timestamptz,
  last_seq     integer     not null default 0
);
comment on table perdure.runs is 'One row a run: the projection of its event log that people query.';

create index runs_newest on perdure.runs (tenant_id, created_at desc, id desc);
create index runs_by_status on perdure.runs (tenant_id, status, created_at desc, id desc);
create index runs_by_agent on perdure.runs (tenant_id, agent, created_at desc, id desc);
create index runs_by_metadata on perdure.runs using gin (metadata jsonb_path_ops);

create table perdure.run_events (
  run_id    uuid        not null references perdure.runs (id) on delete cascade,
  seq       integer     not null check (seq > 0),
  event_key text        not null,
  tenant_id text        not null,
  type      text        not null,
  at        timestamptz not null,
  step_id   text,
  attempt   integer,
  data      jsonb       not null,
  primary key (run_id, seq),
  unique (run_id, event_key)
);
comment on table perdure.run_events is 'The durable events of a run: seq counts from 1 without gaps; event_key makes appends idempotent.';

-- Row-level security: signed-in people read their own tenant's rows; nobody but service_role writes.
create function perdure.current_tenant() returns text
language sql stable set search_path = '' as $$
  select coalesce(
    nullif(claims.c -> 'app_metadata' ->> 'tenant_id', ''),
    nullif(claims.c ->> 'sub', '')
  )
  from (select nullif(current_setting('request.jwt.claims', true), '')::jsonb as c) as claims
$$;

alter table perdure.runs enable row level security;
alter table perdure.run_events enable row level security;
create policy runs_of_own_tenant on perdure.runs for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
create policy run_events_of_own_tenant on perdure.run_events for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
grant select on perdure.runs, perdure.run_events to authenticated;
grant select, insert, update on perdure.runs to service_role;
grant select, insert on perdure.run_events to service_role;

create function perdure.iso(moment timestamptz) returns text
language sql immutable set search_path = '' as $$
  select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

create function perdure.event_json(e perdure.run_events) returns jsonb
language sql immutable set search_path = '' as $$
  select e.data
    || jsonb_build_object('type', e.type, 'seq', e.seq, 'runId', e.run_id, 'at', perdure.iso(e.at))
    || jsonb_strip_nulls(jsonb_build_object('stepId', e.step_id, 'attempt', e.attempt))
$$;

create function perdure.run_json(r perdure.runs) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', r.id, 'tenantId', r.tenant_id, 'status', r.status, 'goal', r.goal, 'agent', r.agent,
    'plan', r.plan, 'result', r.result, 'error', r.error, 'usage', r.usage, 'metadata', r.metadata,
    'requestHash', r.request_hash, 'createdAt', perdure.iso(r.created_at),
    'startedAt', perdure.iso(r.started_at), 'finishedAt', perdure.iso(r.finished_at), 'lastSeq', r.last_seq)
$$;

-- Appends in order: known keys are dropped, and so is all that follows the terminal event. The run's row is
-- locked first, so that numbers have no gaps and the projection is never behind the log.
create function perdure.append_run_events(p_run_id uuid, p_events jsonb)
returns table (event_key text, inserted boolean, event jsonb)
language plpgsql set search_path = '' as $$
declare
  v_run   perdure.runs;
  v_row   perdure.run_events;
  v_event jsonb;
  v_data  jsonb;
  v_at    timestamptz;
begin
  select * into v_run from perdure.runs as r where r.id = p_run_id for update;
  if not found then
    raise exception 'run_not_found' using errcode = 'P0002';
  end if;
  for v_event in select value from jsonb_array_elements(p_events) loop
    select * into v_row from perdure.run_events as e
      where e.run_id = p_run_id and e.event_key = v_event ->> 'key';
    if found then
      event_key := v_row.event_key;
      inserted := false;
      event := perdure.event_json(v_row);
      return next;
      continue;
    end if;
    continue when v_run.status in ('completed', 'failed', 'cancelled');
    v_data := v_event -> 'data';
    v_at := (v_event ->> 'at')::timestamptz;
    insert into perdure.run_events (run_id, seq, event_key, tenant_id, type, at, step_id, attempt, data)
    values (p_run_id, v_run.last_seq + 1, v_event ->> 'key', v_run.tenant_id, v_event ->> 'type', v_at,
      v_event ->> 'stepId', (v_event ->> 'attempt')::integer, v_data)
    returning * into v_row;
    v_run.last_seq := v_row.seq;
    case v_row.type
      when 'run.started' then
        v_run.status := 'running';
        v_run.started_at := v_at;
      when 'plan.created' then
        v_run.plan := v_data -> 'plan';
      when 'step.completed', 'step.failed' then
        v_run.usage := jsonb_set(v_run.usage, '{steps}', to_jsonb((v_run.usage ->> 'steps')::integer + 1));
      when 'run.completed' then
        v_run.status := 'completed';
        v_run.result := v_data -> 'result';
        v_run.finished_at := v_at;
      when 'run.failed' then
        v_run.status := 'failed';
        v_run.error := v_data -> 'error';
        v_run.finished_at := v_at;
      when 'run.cancelled' then
        v_run.status := 'cancelled';
        v_run.finished_at := v_at;
      else
        null;
    end case;
    event_key := v_row.event_key;
    inserted := true;
    event := perdure.event_json(v_row);
    return next;
  end loop;
  update perdure.runs as r
    set status = v_run.status, plan = v_run.plan, result = v_run.result, error = v_run.error,
      usage = v_run.usage, started_at = v_run.started_at, finished_at = v_run.finished_at,
      last_seq = v_run.last_seq
    where r.id = p_run_id and r.last_seq <> v_run.last_seq;
end
$$;

-- Creates the record with its first event, or returns the one that is there; null when the id is another tenant's.
create function perdure.create_run(p_run jsonb) returns jsonb
language plpgsql set search_path = '' as $$
begin
  insert into perdure.runs (id, tenant_id, goal, agent, metadata, request_hash, created_at)
  values ((p_run ->> 'id')::uuid, p_run ->> 'tenantId', p_run ->> 'goal', p_run ->> 'agent',
    coalesce(p_run -> 'metadata', '{}'), p_run ->> 'requestHash', (p_run ->> 'createdAt')::timestamptz)
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

create function perdure.get_run(p_tenant_id text, p_run_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select perdure.run_json(r) from perdure.runs as r where r.id = p_run_id and r.tenant_id = p_tenant_id
$$;

-- Newest first. p_filter: {status?, agent?, createdAfter?, createdBefore?, metadata?}; the page begins after
-- the run (p_before_time, p_before_id).
create function perdure.list_runs(
  p_tenant_id text, p_filter jsonb, p_limit integer, p_before_time timestamptz, p_before_id uuid
) returns setof jsonb
language plpgsql stable set search_path = '' as $$
begin
  -- Written out by what is asked, so that each shape gets the plan of its own index.
  return query execute
    'select perdure.run_json(r) from perdure.runs as r where r.tenant_id = $1'
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

create function perdure.read_run_events(p_run_id uuid, p_after integer, p_limit integer) returns setof jsonb
language sql stable set search_path = '' as $$
  select perdure.event_json(e) from perdure.run_events as e
  where e.run_id = p_run_id and e.seq > p_after order by e.seq limit p_limit
$$;

create function perdure.find_run_events(p_run_id uuid, p_keys text[]) returns setof jsonb
language sql stable set search_path = '' as $$
  select perdure.event_json(e) from perdure.run_events as e
  where e.run_id = p_run_id and e.event_key = any (p_keys)
$$;

-- What a build checks before it serves: each migration that changes the functions raises it.
create function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 1 $$;

-- Postgres grants functions to everybody by default, whatever the default privileges of a schema say.
revoke execute on all functions in schema perdure from public;
grant execute on function perdure.current_tenant() to authenticated;
grant execute on all functions in schema perdure to service_role;
