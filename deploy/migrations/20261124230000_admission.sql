-- What admission counts: the open runs of a tenant, its submissions of the last minute and the bytes that it keeps. And
-- places of runs that are about to start, and room for files that are being written: a run is started before its record is
-- written, and a file is written before its size is known, yet no limit may be passed by many at once.

create table perdure.run_places (
  run_id    uuid        primary key,
  tenant_id text        not null,
  until     timestamptz not null
);
comment on table perdure.run_places is 'Runs that were admitted in the last minute; those without a record count as open.';
create index run_places_of_tenant on perdure.run_places (tenant_id, until);

create table perdure.submission_windows (
  tenant_id text        primary key,
  began_at  timestamptz not null,
  taken     integer     not null
);
comment on table perdure.submission_windows is 'The minute in which a tenant last submitted runs, and how many.';

create table perdure.tenant_storage (
  run_id    uuid   primary key references perdure.runs (id) on delete cascade,
  tenant_id text   not null,
  bytes     bigint not null check (bytes > 0)
);
comment on table perdure.tenant_storage is 'Bytes in the workspace of each run that has files, as last recorded.';
create index tenant_storage_of_tenant on perdure.tenant_storage (tenant_id) include (bytes);

create table perdure.storage_holds (
  id        uuid        primary key,
  tenant_id text        not null,
  bytes     bigint      not null check (bytes > 0),
  until     timestamptz not null
);
comment on table perdure.storage_holds is 'Room for files that are being written.';
create index storage_holds_of_tenant on perdure.storage_holds (tenant_id, until);

alter table perdure.run_places enable row level security;
alter table perdure.submission_windows enable row level security;
alter table perdure.tenant_storage enable row level security;
alter table perdure.storage_holds enable row level security;
create policy run_places_of_own_tenant on perdure.run_places for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
create policy submission_windows_of_own_tenant on perdure.submission_windows for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
create policy tenant_storage_of_own_tenant on perdure.tenant_storage for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
create policy storage_holds_of_own_tenant on perdure.storage_holds for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
grant select on perdure.run_places, perdure.submission_windows, perdure.tenant_storage, perdure.storage_holds
  to authenticated;
grant select, insert, update, delete
  on perdure.run_places, perdure.submission_windows, perdure.tenant_storage, perdure.storage_holds to service_role;

-- One at a time for each tenant, until the end of the transaction.
create function perdure.lock_admission(p_tenant_id text) returns void
language sql set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('perdure.admission:' || p_tenant_id, 0))
$$;

create function perdure.open_run_count(p_tenant_id text) returns bigint
language sql stable set search_path = '' as $$
  select count(*) from perdure.runs as r
  where r.tenant_id = p_tenant_id and r.status in ('queued', 'running', 'waiting', 'paused')
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

create function perdure.admit_run(p_tenant_id text, p_run_id uuid, p_open_runs bigint, p_per_minute integer)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_open   bigint := 0;
  v_window jsonb;
begin
  perform perdure.lock_admission(p_tenant_id);
  delete from perdure.run_places as p where p.tenant_id = p_tenant_id and p.until <= clock_timestamp();
  if p_open_runs is not null then
    -- No further than the limit: with many thousands open, it need not be known how many.
    select count(*) into v_open from (
      select from perdure.runs as r
      where r.tenant_id = p_tenant_id and r.status in ('queued', 'running', 'waiting', 'paused')
      limit p_open_runs
    ) as recorded;
    select v_open + count(*) into v_open from perdure.run_places as p
      where p.tenant_id = p_tenant_id and not exists (select from perdure.runs as r where r.id = p.run_id);
  end if;
  if exists (select from perdure.runs as r where r.id = p_run_id and r.tenant_id = p_tenant_id)
    or exists (select from perdure.run_places as p where p.run_id = p_run_id and p.tenant_id = p_tenant_id) then
    return jsonb_build_object('refusedBy', null, 'openRuns', v_open, 'window', null);
  end if;
  if v_open >= p_open_runs then
    return jsonb_build_object('refusedBy', 'open_runs', 'openRuns', v_open, 'window', null);
  end if;
  if p_per_minute is not null then
    v_window := perdure.take_submission(p_tenant_id, p_per_minute);
    if not (v_window ->> 'allowed')::boolean then
      return jsonb_build_object('refusedBy', 'submissions', 'openRuns', v_open, 'window', v_window);
    end if;
  end if;
  insert into perdure.run_places (run_id, tenant_id, until)
  values (p_run_id, p_tenant_id, clock_timestamp() + interval '1 minute');
  return jsonb_build_object('refusedBy', null, 'openRuns', v_open + 1, 'window', v_window);
end
$$;

create function perdure.release_run(p_tenant_id text, p_run_id uuid) returns void
language sql set search_path = '' as $$
  delete from perdure.run_places as p where p.run_id = p_run_id and p.tenant_id = p_tenant_id
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

create function perdure.hold_storage(p_tenant_id text, p_hold_id uuid, p_bytes bigint, p_limit bigint)
returns bigint
language plpgsql set search_path = '' as $$
declare
  v_kept bigint;
begin
  perform perdure.lock_admission(p_tenant_id);
  delete from perdure.storage_holds as h
    where h.tenant_id = p_tenant_id and (h.until <= clock_timestamp() or h.id = p_hold_id);
  select least(p_bytes, p_limit - perdure.stored_bytes(p_tenant_id) - coalesce(sum(h.bytes), 0))::bigint into v_kept
    from perdure.storage_holds as h where h.tenant_id = p_tenant_id;
  if v_kept <= 0 then
    return 0;
  end if;
  insert into perdure.storage_holds (id, tenant_id, bytes, until)
  values (p_hold_id, p_tenant_id, v_kept, clock_timestamp() + interval '1 hour');
  return v_kept;
end
$$;

create function perdure.release_storage(p_tenant_id text, p_hold_id uuid) returns void
language sql set search_path = '' as $$
  delete from perdure.storage_holds as h where h.id = p_hold_id and h.tenant_id = p_tenant_id
$$;

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
