-- A tenant that leaves: its rows are deleted, some at a time, whatever the status of its runs. What it did stays in the
-- audit log, and of its encryption keys that they were destroyed.

grant delete on perdure.api_keys, perdure.submission_windows to service_role;

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

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 23 $$;

revoke execute on all functions in schema perdure from public;
grant execute on function perdure.current_tenant(), perdure.current_scope() to authenticated;
grant execute on all functions in schema perdure to service_role;
