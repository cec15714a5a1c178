-- How a run's record, its approvals and its log come about together: whoever reads one of them finds the others level.

-- p_change: {steps: [...], removed: [...], maxParallel?}, as changedPlan of contracts/plan-change.ts makes it.
create function perdure.changed_plan(p_plan jsonb, p_change jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select p_plan
    || jsonb_build_object('steps', coalesce((
      select jsonb_agg(s.step order by s.place) from (
        select coalesce(put.step, old.step) as step, old.place
          from jsonb_array_elements(p_plan -> 'steps') with ordinality as old(step, place)
          left join jsonb_array_elements(p_change -> 'steps') as put(step)
            on put.step ->> 'id' = old.step ->> 'id'
          where not (p_change -> 'removed') ? (old.step ->> 'id')
        union all
        select added.step, jsonb_array_length(p_plan -> 'steps') + added.place
          from jsonb_array_elements(p_change -> 'steps') with ordinality as added(step, place)
          where not exists (select from jsonb_array_elements(p_plan -> 'steps') as known(step)
                            where known.step ->> 'id' = added.step ->> 'id')
      ) as s), '[]'))
    || case when p_change ? 'maxParallel'
       then jsonb_build_object('maxParallel', p_change -> 'maxParallel') else '{}' end
$$;

-- Appends in order: known keys are dropped, and so is all that follows the terminal event. The run's row is
-- locked first, so that numbers have no gaps and the projection is never behind the log. Answers an array of
-- {key, inserted, event}.
create function perdure.append_run_events(p_run_id uuid, p_events jsonb) returns jsonb
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
        v_run.plan_version := coalesce((v_data ->> 'version')::integer, 1);
      when 'plan.updated' then
        v_run.plan := perdure.changed_plan(v_run.plan, v_data);
        v_run.plan_version := (v_data ->> 'version')::integer;
        -- Of what is not as it was when people were asked, nobody needs to decide any more.
        update perdure.approvals as a set status = 'closed'
          where a.run_id = p_run_id and a.status = 'pending' and (a.kind = 'plan'
            or (a.id not like 'supervisor-%' and (v_data -> 'removed' ? a.step_id
              or exists (select from jsonb_array_elements(v_data -> 'steps') as put(step)
                         where put.step ->> 'id' = a.step_id))));
        if v_run.status = 'waiting' then
          v_run.status := perdure.open_status(p_run_id);
        end if;
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
    set status = v_run.status, plan = v_run.plan, plan_version = v_run.plan_version, result = v_run.result, error = v_run.error,
      usage = v_run.usage, started_at = v_run.started_at, finished_at = v_run.finished_at,
      last_seq = v_run.last_seq
    where r.id = p_run_id and r.last_seq <> v_run.last_seq;
  return to_jsonb(v_answer);
end
$$;

-- Creates the record with its first event, or returns the one that is there; null when the id is another tenant's.
create function perdure.create_run(p_run jsonb) returns jsonb
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

-- What the calls of models took, summed up in a column of its own beside the usage that append_run_events keeps: also in
-- the runs above a sub-agent's, for whoever looks at a run sees what it cost.
create function perdure.add_model_usage() returns trigger
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
create trigger add_model_usage after insert on perdure.run_events
  for each row when (new.type = 'model.called') execute function perdure.add_model_usage();

-- What a run may use up, and the limit that is reached.
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

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
