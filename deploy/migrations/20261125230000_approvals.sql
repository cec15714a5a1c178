-- Approvals: what people are asked, and what they have said; written along with the events that tell of it.

create table perdure.approvals (
  run_id       uuid        not null references perdure.runs (id) on delete cascade,
  id           text        not null,
  tenant_id    text        not null,
  kind         text        not null check (kind in ('plan', 'step')),
  status       text        not null default 'pending' check (status in ('pending', 'approved', 'denied', 'closed')),
  step_id      text,
  tool         text,
  title        text,
  args         jsonb,
  args_hash    text        not null,
  note         text,
  requested_at timestamptz not null,
  expires_at   timestamptz,
  decided_at   timestamptz,
  decided_by   text,
  primary key (run_id, id)
);
comment on table perdure.approvals is 'What waits, or has waited, for the word of a person.';
create index approvals_of_tenant on perdure.approvals (tenant_id, requested_at, run_id, id);
create index approvals_by_status on perdure.approvals (tenant_id, status, requested_at, run_id, id);

alter table perdure.approvals enable row level security;
create policy approvals_of_own_tenant on perdure.approvals for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
grant select on perdure.approvals to authenticated;
grant select, insert, update, delete on perdure.approvals to service_role;

create function perdure.approval_json(a perdure.approvals) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', a.id, 'runId', a.run_id, 'kind', a.kind, 'status', a.status, 'stepId', a.step_id, 'tool', a.tool,
    'title', a.title, 'args', a.args, 'argsHash', a.args_hash, 'note', a.note,
    'requestedAt', perdure.iso(a.requested_at), 'expiresAt', perdure.iso(a.expires_at),
    'decidedAt', perdure.iso(a.decided_at), 'decidedBy', a.decided_by)
$$;

-- Of a run that is neither paused nor over.
create function perdure.open_status(p_run_id uuid) returns text
language sql stable set search_path = '' as $$
  select case when exists (
    select from perdure.approvals as a where a.run_id = p_run_id and a.status = 'pending'
  ) then 'waiting' else 'running' end
$$;

-- Appends in order: known keys are dropped, and so is all that follows the terminal event. The run's row is
-- locked first, so that numbers have no gaps and the projection is never behind the log. Answers an array of
-- {key, inserted, event}.
create or replace function perdure.append_run_events(p_run_id uuid, p_events jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_run    perdure.runs;
  v_row    perdure.run_events;
  v_event  jsonb;
  v_data   jsonb;
  v_at     timestamptz;
  v_answer jsonb[] := '{}';
begin
  select * into v_run from perdure.runs as r where r.id = p_run_id for update;
  if not found then
    raise exception 'run_not_found' using errcode = 'P0002';
  end if;
  for v_event in select value from jsonb_array_elements(p_events) loop
    select * into v_row from perdure.run_events as e
      where e.run_id = p_run_id and e.event_key = v_event ->> 'key';
    if found then
      v_answer := v_answer || jsonb_build_object(
        'key', v_row.event_key, 'inserted', false, 'event', perdure.event_json(v_row));
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
      when 'run.paused' then
        v_run.status := 'paused';
      when 'run.resumed' then
        v_run.status := perdure.open_status(p_run_id);
      when 'approval.requested' then
        insert into perdure.approvals (run_id, id, tenant_id, kind, step_id, tool, title, args, args_hash, note,
          requested_at, expires_at)
        values (p_run_id, v_data ->> 'approvalId', v_run.tenant_id, v_data ->> 'kind', v_row.step_id,
          v_data ->> 'tool', v_data ->> 'title', v_data -> 'args', v_data ->> 'argsHash', v_data ->> 'note',
          v_at, (v_data ->> 'expiresAt')::timestamptz);
        if v_run.status = 'running' then
          v_run.status := 'waiting';
        end if;
      when 'approval.decided' then
        update perdure.approvals as a
          set status = v_data ->> 'decision', decided_at = v_at, decided_by = v_data ->> 'by'
          where a.run_id = p_run_id and a.id = v_data ->> 'approvalId';
        if v_run.status = 'waiting' then
          v_run.status := perdure.open_status(p_run_id);
        end if;
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
    if v_row.type in ('run.completed', 'run.failed', 'run.cancelled') then
      update perdure.approvals as a set status = 'closed' where a.run_id = p_run_id and a.status = 'pending';
    end if;
    v_answer := v_answer || jsonb_build_object(
      'key', v_row.event_key, 'inserted', true, 'event', perdure.event_json(v_row));
  end loop;
  update perdure.runs as r
    set status = v_run.status, plan = v_run.plan, result = v_run.result, error = v_run.error,
      usage = v_run.usage, started_at = v_run.started_at, finished_at = v_run.finished_at,
      last_seq = v_run.last_seq
    where r.id = p_run_id and r.last_seq <> v_run.last_seq;
  return to_jsonb(v_answer);
end
$$;

-- Oldest first. p_filter: {runId?, status?}; the page begins after the approval (p_after_time, p_after_run, p_after_id).
create function perdure.list_approvals(
  p_tenant_id text, p_filter jsonb, p_limit integer, p_after_time timestamptz, p_after_run uuid, p_after_id text
) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_found jsonb;
begin
  -- Written out by what is asked, so that each shape gets the plan of its own index.
  execute
    'select coalesce(jsonb_agg(perdure.approval_json(x.a) order by (x.a).requested_at, (x.a).run_id, (x.a).id), ''[]'') from ('
    || 'select a from perdure.approvals as a where a.tenant_id = $1'
    || case when p_filter ? 'runId' then ' and a.run_id = ($2 ->> ''runId'')::uuid' else '' end
    || case when p_filter ? 'status' then ' and a.status = $2 ->> ''status''' else '' end
    || case when p_after_id is not null then ' and (a.requested_at, a.run_id, a.id) > ($4, $5, $6)' else '' end
    || ' order by a.requested_at, a.run_id, a.id limit $3) as x'
    into v_found using p_tenant_id, p_filter, p_limit, p_after_time, p_after_run, p_after_id;
  return v_found;
end
$$;

create function perdure.find_approval(p_tenant_id text, p_run_id uuid, p_approval_id text) returns jsonb
language sql stable set search_path = '' as $$
  select perdure.approval_json(a) from perdure.approvals as a
  where a.run_id = p_run_id and a.id = p_approval_id and a.tenant_id = p_tenant_id
$$;

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 8 $$;

revoke execute on all functions in schema perdure from public;
grant execute on function perdure.current_tenant() to authenticated;
grant execute on all functions in schema perdure to service_role;
