-- Places of runs that are about to start, and room for files that are being written: a run is started before its
-- record is written, and a file is written before its size is known, yet no limit may be passed by many at once.

create table perdure.run_places (
  run_id    uuid        primary key,
  tenant_id text        not null,
  until     timestamptz not null
);
comment on table perdure.run_places is 'Runs that were admitted in the last minute; those without a record count as open.';
create index run_places_of_tenant on perdure.run_places (tenant_id, until);

create table perdure.storage_holds (
  id        uuid        primary key,
  tenant_id text        not null,
  bytes     bigint      not null check (bytes > 0),
  until     timestamptz not null
);
comment on table perdure.storage_holds is 'Room for files that are being written.';
create index storage_holds_of_tenant on perdure.storage_holds (tenant_id, until);

alter table perdure.run_places enable row level security;
alter table perdure.storage_holds enable row level security;
create policy run_places_of_own_tenant on perdure.run_places for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
create policy storage_holds_of_own_tenant on perdure.storage_holds for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
grant select on perdure.run_places, perdure.storage_holds to authenticated;
grant select, insert, update, delete on perdure.run_places, perdure.storage_holds to service_role;

-- One at a time for each tenant, until the end of the transaction.
create function perdure.lock_admission(p_tenant_id text) returns void
language sql set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('perdure.admission:' || p_tenant_id, 0))
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

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 4 $$;

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
