-- API keys, what admission counts, and retention. Functions that answered rows now answer one JSON array:
-- PostgREST cuts rows off at its max-rows, and never inside a value.

-- The application's login takes the role service_role. Who made that role may not, unless it says so (since
-- Postgres 16); a superuser may, and on Supabase it has been said.
do $membership$
begin
  execute format('grant service_role to %I', current_user);
exception when insufficient_privilege then
  null;
end
$membership$;

create table perdure.api_keys (
  id           uuid        primary key,
  tenant_id    text        not null,
  name         text        not null,
  scope        text        not null check (scope in ('read', 'write', 'admin')),
  token_hash   text        not null unique check (token_hash ~ '^[0-9a-f]{64}$'),
  prefix       text        not null,
  created_by   text        not null,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz,
  last_used_at timestamptz,
  revoked_at   timestamptz
);
comment on table perdure.api_keys is 'Keys of programs; token_hash is the SHA-256 of the whole key, which is stored nowhere.';
create index api_keys_of_tenant on perdure.api_keys (tenant_id, created_at desc, id desc);

create table perdure.tenant_storage (
  run_id    uuid   primary key references perdure.runs (id) on delete cascade,
  tenant_id text   not null,
  bytes     bigint not null check (bytes > 0)
);
comment on table perdure.tenant_storage is 'Bytes in the workspace of each run that has files, as last recorded.';
create index tenant_storage_of_tenant on perdure.tenant_storage (tenant_id) include (bytes);

create table perdure.submission_windows (
  tenant_id text        primary key,
  began_at  timestamptz not null,
  taken     integer     not null
);
comment on table perdure.submission_windows is 'The minute in which a tenant last submitted runs, and how many.';

alter table perdure.runs add column events_trimmed_at timestamptz;
comment on column perdure.runs.events_trimmed_at is 'When retention deleted the run''s events; the record stays.';

create index runs_open on perdure.runs (tenant_id) where status in ('queued', 'running', 'waiting', 'paused');
create index runs_finished on perdure.runs (finished_at, id) where finished_at is not null;
create index runs_to_trim on perdure.runs (finished_at) where finished_at is not null and events_trimmed_at is null;

alter table perdure.api_keys enable row level security;
alter table perdure.tenant_storage enable row level security;
alter table perdure.submission_windows enable row level security;
create policy api_keys_of_own_tenant on perdure.api_keys for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
create policy tenant_storage_of_own_tenant on perdure.tenant_storage for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
create policy submission_windows_of_own_tenant on perdure.submission_windows for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
grant select (id, tenant_id, name, scope, prefix, created_by, created_at, expires_at, last_used_at, revoked_at)
  on perdure.api_keys to authenticated;
grant select on perdure.tenant_storage, perdure.submission_windows to authenticated;
grant select, insert, update (last_used_at, revoked_at) on perdure.api_keys to service_role;
grant select, insert, update, delete on perdure.tenant_storage to service_role;
grant select, insert, update on perdure.submission_windows to service_role;
grant delete on perdure.runs, perdure.run_events to service_role;


create function perdure.api_key_json(k perdure.api_keys) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', k.id, 'tenantId', k.tenant_id, 'name', k.name, 'scope', k.scope, 'prefix', k.prefix,
    'createdBy', k.created_by, 'createdAt', perdure.iso(k.created_at), 'expiresAt', perdure.iso(k.expires_at),
    'lastUsedAt', perdure.iso(k.last_used_at), 'revokedAt', perdure.iso(k.revoked_at))
$$;

create function perdure.create_api_key(p_key jsonb) returns jsonb
language sql set search_path = '' as $$
  insert into perdure.api_keys as k (id, tenant_id, name, scope, token_hash, prefix, created_by, expires_at)
  values ((p_key ->> 'id')::uuid, p_key ->> 'tenantId', p_key ->> 'name', p_key ->> 'scope',
    p_key ->> 'tokenHash', p_key ->> 'prefix', p_key ->> 'createdBy', (p_key ->> 'expiresAt')::timestamptz)
  returning perdure.api_key_json(k)
$$;

-- A key is noted as used once a minute at most: a busy one costs no write a request.
create function perdure.find_api_key(p_token_hash text) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_key perdure.api_keys;
begin
  select * into v_key from perdure.api_keys as k
    where k.token_hash = p_token_hash and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > now());
  if not found then
    return null;
  end if;
  if v_key.last_used_at is null or v_key.last_used_at <= now() - interval '1 minute' then
    -- Of several at once, one writes; the others need not wait for it.
    update perdure.api_keys as k set last_used_at = now()
      where k.id = (select l.id from perdure.api_keys as l where l.id = v_key.id for update skip locked);
    v_key.last_used_at := now();
  end if;
  return perdure.api_key_json(v_key);
end
$$;

create function perdure.list_api_keys(p_tenant_id text) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(perdure.api_key_json(k) order by k.created_at desc, k.id desc), '[]')
  from perdure.api_keys as k where k.tenant_id = p_tenant_id
$$;

create function perdure.revoke_api_key(p_tenant_id text, p_key_id uuid) returns boolean
language plpgsql set search_path = '' as $$
begin
  update perdure.api_keys as k set revoked_at = coalesce(k.revoked_at, now())
    where k.id = p_key_id and k.tenant_id = p_tenant_id;
  return found;
end
$$;


create function perdure.open_run_count(p_tenant_id text) returns bigint
language sql stable set search_path = '' as $$
  select count(*) from perdure.runs as r
  where r.tenant_id = p_tenant_id and r.status in ('queued', 'running', 'waiting', 'paused')
$$;

-- Sets what one run holds; without effect for a run that has no record.
create function perdure.record_storage(p_tenant_id text, p_run_id uuid, p_bytes bigint) returns void
language plpgsql set search_path = '' as $$
begin
  if p_bytes = 0 then
    delete from perdure.tenant_storage as s where s.run_id = p_run_id and s.tenant_id = p_tenant_id;
    return;
  end if;
  insert into perdure.tenant_storage as s (run_id, tenant_id, bytes)
  select r.id, r.tenant_id, p_bytes from perdure.runs as r where r.id = p_run_id and r.tenant_id = p_tenant_id
  on conflict (run_id) do update set bytes = excluded.bytes;
end
$$;

create function perdure.stored_bytes(p_tenant_id text) returns bigint
language sql stable set search_path = '' as $$
  select coalesce(sum(s.bytes), 0)::bigint from perdure.tenant_storage as s where s.tenant_id = p_tenant_id
$$;

-- A window begins with the first submission after the last one is over, and lasts a minute. One row a tenant, so
-- there is nothing to clean up. A refused submission is not counted.
create function perdure.take_submission(
  p_tenant_id text, p_per_minute integer, p_now timestamptz default clock_timestamp()
) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_window  perdure.submission_windows;
  v_allowed boolean;
begin
  insert into perdure.submission_windows as w (tenant_id, began_at, taken)
  values (p_tenant_id, p_now, 1)
  on conflict (tenant_id) do update set
    began_at = case when w.began_at <= p_now - interval '1 minute' then p_now else w.began_at end,
    taken = case when w.began_at <= p_now - interval '1 minute' then 1 else w.taken + 1 end
  where w.began_at <= p_now - interval '1 minute' or w.taken < p_per_minute
  returning * into v_window;
  v_allowed := found;
  if not v_allowed then
    select * into v_window from perdure.submission_windows as w where w.tenant_id = p_tenant_id;
  end if;
  return jsonb_build_object(
    'allowed', v_allowed,
    'remaining', greatest(p_per_minute - v_window.taken, 0),
    'resetSeconds', least(60, greatest(1,
      ceil(extract(epoch from v_window.began_at + interval '1 minute' - p_now))::integer)));
end
$$;


-- Oldest first, from the one after (p_after_time, p_after_id) on.
create function perdure.expired_runs(
  p_before timestamptz, p_limit integer, p_after_time timestamptz, p_after_id uuid
) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    -- To the microsecond, as it is stored: the next page begins after it.
    'tenantId', x.tenant_id, 'runId', x.id,
    'finishedAt', to_char(x.finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  ) order by x.finished_at, x.id), '[]')
  from (
    select r.tenant_id, r.id, r.finished_at from perdure.runs as r
    where r.finished_at is not null and r.finished_at < p_before
      and (r.finished_at, r.id) > (coalesce(p_after_time, '-infinity'),
        coalesce(p_after_id, '00000000-0000-0000-0000-000000000000'))
    order by r.finished_at, r.id limit p_limit
  ) as x
$$;

create function perdure.delete_run(p_tenant_id text, p_run_id uuid) returns boolean
language plpgsql set search_path = '' as $$
begin
  delete from perdure.runs as r
    where r.id = p_run_id and r.tenant_id = p_tenant_id and r.status in ('completed', 'failed', 'cancelled');
  return found;
end
$$;

-- Of at most p_limit runs, each whole: a log is either all there or trimmed.
create function perdure.delete_old_events(p_before timestamptz, p_limit integer) returns integer
language plpgsql set search_path = '' as $$
declare
  v_ids uuid[];
begin
  v_ids := array(
    select r.id from perdure.runs as r
    where r.finished_at is not null and r.events_trimmed_at is null and r.finished_at < p_before
    order by r.finished_at limit p_limit for update skip locked);
  delete from perdure.run_events as e where e.run_id = any (v_ids);
  update perdure.runs as r set events_trimmed_at = now() where r.id = any (v_ids);
  return cardinality(v_ids);
end
$$;


drop function perdure.append_run_events(uuid, jsonb);
drop function perdure.list_runs(text, jsonb, integer, timestamptz, uuid);
drop function perdure.read_run_events(uuid, integer, integer);
drop function perdure.find_run_events(uuid, text[]);

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

-- Newest first. p_filter: {status?, agent?, createdAfter?, createdBefore?, metadata?}; the page begins after
-- the run (p_before_time, p_before_id).
create function perdure.list_runs(
  p_tenant_id text, p_filter jsonb, p_limit integer, p_before_time timestamptz, p_before_id uuid
) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_runs jsonb;
begin
  -- Written out by what is asked, so that each shape gets the plan of its own index.
  execute
    'select coalesce(jsonb_agg(x.run order by x.created_at desc, x.id desc), ''[]'') from ('
    || 'select perdure.run_head(r) as run, r.created_at, r.id from perdure.runs as r where r.tenant_id = $1'
    || case when p_filter ? 'status' then ' and r.status = $2 ->> ''status''' else '' end
    || case when p_filter ? 'agent' then ' and r.agent = $2 ->> ''agent''' else '' end
    || case when p_filter ? 'createdAfter' then ' and r.created_at > ($2 ->> ''createdAfter'')::timestamptz' else '' end
    || case when p_filter ? 'createdBefore' then ' and r.created_at < ($2 ->> ''createdBefore'')::timestamptz' else '' end
    || case when p_filter ? 'metadata' then ' and r.metadata @> ($2 -> ''metadata'')' else '' end
    || case when p_before_id is not null then ' and (r.created_at, r.id) < ($4, $5)' else '' end
    || ' order by r.created_at desc, r.id desc limit $3) as x'
    into v_runs using p_tenant_id, p_filter, p_limit, p_before_time, p_before_id;
  return v_runs;
end
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

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 3 $$;

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
