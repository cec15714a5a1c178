-- Runs that are paused show it.

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
        v_run.status := 'running';
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

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 6 $$;
