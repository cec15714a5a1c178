-- Approvals: what people and programs outside are asked, and what they have said; written along with the events that tell
-- of it.

create table perdure.approvals (
  run_id       uuid        not null references perdure.runs (id) on delete cascade,
  id           text        not null,
  tenant_id    text        not null,
  -- Whether to go on with a plan, a step, or a call that a step's model asks for; an answer to a question; an event from
  -- outside; what became of an irreversible tool.
  kind         text        not null check (kind in ('plan', 'step', 'call', 'question', 'event', 'outcome')),
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

create function perdure.find_approval(p_tenant_id text, p_run_id uuid, p_approval_id text) returns jsonb
language sql stable set search_path = '' as $$
  select perdure.approval_json(a) from perdure.approvals as a
  where a.run_id = p_run_id and a.id = p_approval_id and a.tenant_id = p_tenant_id
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

-- Of a run that is neither paused nor over.
create function perdure.open_status(p_run_id uuid) returns text
language sql stable set search_path = '' as $$
  select case when exists (
    select from perdure.approvals as a where a.run_id = p_run_id and a.status = 'pending'
  ) then 'waiting' else 'running' end
$$;

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
