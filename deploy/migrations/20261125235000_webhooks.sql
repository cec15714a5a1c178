-- How a run's webhook is told of its end, in the column `webhook` of the run.

-- Adds to what is known of how it went. False where there is no such run, or none that tells anybody.
create function perdure.note_webhook(p_tenant_id text, p_run_id uuid, p_note jsonb) returns boolean
language plpgsql set search_path = '' as $$
begin
  update perdure.runs as r set webhook = r.webhook || p_note
    where r.id = p_run_id and r.tenant_id = p_tenant_id and r.webhook is not null;
  return found;
end
$$;

-- Of all tenants: runs that had ended before a moment and whose webhook nobody has begun to tell.
create function perdure.untold_webhooks(p_before timestamptz, p_limit integer) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('tenantId', x.tenant_id, 'runId', x.id, 'url', x.webhook ->> 'url')
    order by x.finished_at, x.id), '[]')
  from (
    select r.tenant_id, r.id, r.webhook, r.finished_at from perdure.runs as r
    where r.webhook ->> 'state' = 'waiting' and r.finished_at is not null and r.finished_at < p_before
    order by r.finished_at, r.id limit p_limit
  ) as x
$$;

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
