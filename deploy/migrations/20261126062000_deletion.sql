-- What is deleted: runs and events that are old enough, and all of a tenant that leaves.

-- Runs to delete, oldest first, from the one after (p_after_time, p_after_id) on.
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

-- The rows of a tenant that leaves, some at a time, whatever the status of its runs. What it did stays in the audit log,
-- and of its encryption keys that they were destroyed.
create function perdure.erase_tenant(p_tenant_id text, p_limit integer) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_ids  uuid[];
  v_keys bigint;
begin
  v_ids := array(
    select r.id from perdure.runs as r where r.tenant_id = p_tenant_id order by r.created_at, r.id limit p_limit);
  delete from perdure.runs as r where r.id = any (v_ids);
  delete from perdure.api_keys as k where k.tenant_id = p_tenant_id;
  get diagnostics v_keys = row_count;
  delete from perdure.run_places as p where p.tenant_id = p_tenant_id;
  delete from perdure.storage_holds as h where h.tenant_id = p_tenant_id;
  delete from perdure.submission_windows as w where w.tenant_id = p_tenant_id;
  return jsonb_build_object('runs', cardinality(v_ids), 'apiKeys', v_keys);
end
$$;

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
