-- The log of each run. Rows come in by append_run_events alone.

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

alter table perdure.run_events enable row level security;
create policy run_events_of_own_tenant on perdure.run_events for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
grant select on perdure.run_events to authenticated;
grant select, insert, delete on perdure.run_events to service_role;

-- No step is begun again once it has an end: the attempt before was taken for lost, and has written its end between a
-- later one's look and its start.
create function perdure.refuse_start_after_end() returns trigger
language plpgsql set search_path = '' as $$
begin
  if exists (select from perdure.run_events as e
             where e.run_id = new.run_id and e.event_key = 'step/' || new.step_id || '/end') then
    raise exception 'step_closed' using errcode = 'P0002';
  end if;
  return new;
end
$$;
create trigger no_start_after_end before insert on perdure.run_events
  for each row when (new.type = 'step.started' and new.attempt > 1)
  execute function perdure.refuse_start_after_end();

create function perdure.event_json(e perdure.run_events) returns jsonb
language sql immutable set search_path = '' as $$
  select e.data
    || jsonb_build_object('type', e.type, 'seq', e.seq, 'runId', e.run_id, 'at', perdure.iso(e.at))
    || jsonb_strip_nulls(jsonb_build_object('stepId', e.step_id, 'attempt', e.attempt))
$$;

create function perdure.read_run_events(p_run_id uuid, p_after integer, p_limit integer) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_events jsonb;
begin
  select jsonb_agg(x.event order by x.seq) into v_events from (
    select e.seq, perdure.event_json(e) as event from perdure.run_events as e
    where e.run_id = p_run_id and e.seq > p_after order by e.seq limit p_limit
  ) as x;
  if v_events is null and exists (
    select from perdure.runs as r
    where r.id = p_run_id and r.events_trimmed_at is not null and r.last_seq > p_after
  ) then
    raise exception 'events_expired' using errcode = 'P0002';
  end if;
  return coalesce(v_events, '[]');
end
$$;

create function perdure.find_run_events(p_run_id uuid, p_keys jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(perdure.event_json(e)), '[]') from perdure.run_events as e
  where e.run_id = p_run_id and e.event_key = any (array(select jsonb_array_elements_text(p_keys)))
$$;

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
