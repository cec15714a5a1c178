-- Who did what: rows that are added and read. No role of ours may change or delete one; the trigger refuses it to
-- whoever may all the same, the owner of the table included, until an entry is 30 days old.

create table perdure.audit_entries (
  id          uuid        primary key,
  tenant_id   text        not null,
  at          timestamptz not null,
  subject     text        not null,
  address     text,
  action      text        not null,
  target      text,
  outcome     text        not null,
  request_id  text,
  recorded_at timestamptz not null default now()
);
comment on table perdure.audit_entries is 'The audit log: who did what to what, from where, and what came of it; never what was sent.';
create index audit_entries_newest on perdure.audit_entries (tenant_id, at desc, id desc);
create index audit_entries_oldest on perdure.audit_entries (recorded_at);

create function perdure.refuse_audit_change() returns trigger
language plpgsql set search_path = '' as $$
begin
  if tg_op = 'DELETE' then
    if old.recorded_at < now() - interval '30 days' then
      return old;
    end if;
  end if;
  raise exception 'what stands in the audit log stays there' using errcode = '42501';
end
$$;
create trigger audit_entries_stay before update or delete on perdure.audit_entries
  for each row execute function perdure.refuse_audit_change();
create trigger audit_entries_stay_all before truncate on perdure.audit_entries
  for each statement execute function perdure.refuse_audit_change();

alter table perdure.audit_entries enable row level security;
create policy audit_entries_of_own_tenant on perdure.audit_entries for select to authenticated
  using (tenant_id = (select perdure.current_tenant()) and (select perdure.current_scope()) in ('audit', 'admin'));
grant select on perdure.audit_entries to authenticated, service_role;
-- When it was written is for the database to say: by it an entry grows old.
grant insert (id, tenant_id, at, subject, address, action, target, outcome, request_id)
  on perdure.audit_entries to service_role;

create function perdure.audit_entry_json(e perdure.audit_entries) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', e.id, 'at', perdure.iso(e.at), 'subject', e.subject, 'address', e.address, 'action', e.action,
    'target', e.target, 'outcome', e.outcome, 'requestId', e.request_id)
$$;

create function perdure.append_audit_entries(p_entries jsonb) returns void
language sql set search_path = '' as $$
  insert into perdure.audit_entries (id, tenant_id, at, subject, address, action, target, outcome, request_id)
  select (e ->> 'id')::uuid, e ->> 'tenantId', (e ->> 'at')::timestamptz, e ->> 'subject', e ->> 'address',
    e ->> 'action', e ->> 'target', e ->> 'outcome', e ->> 'requestId'
  from jsonb_array_elements(p_entries) as e
  on conflict (id) do nothing
$$;

-- Newest first. p_filter: {from?, before?, subject?, action?, target?, outcome?}; the page begins after the entry
-- (p_before_time, p_before_id).
create function perdure.list_audit_entries(
  p_tenant_id text, p_filter jsonb, p_limit integer, p_before_time timestamptz, p_before_id uuid
) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(perdure.audit_entry_json(x.e) order by (x.e).at desc, (x.e).id desc), '[]')
  from (
    select e from perdure.audit_entries as e
    where e.tenant_id = p_tenant_id
      and e.at >= coalesce((p_filter ->> 'from')::timestamptz, '-infinity')
      and e.at < coalesce((p_filter ->> 'before')::timestamptz, 'infinity')
      and (e.at, e.id) < (coalesce(p_before_time, 'infinity'),
        coalesce(p_before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
      and e.subject = coalesce(p_filter ->> 'subject', e.subject)
      and e.action = coalesce(p_filter ->> 'action', e.action)
      and e.outcome = coalesce(p_filter ->> 'outcome', e.outcome)
      and (p_filter ->> 'target' is null or e.target = p_filter ->> 'target'
        or starts_with(e.target, (p_filter ->> 'target') || '/'))
    order by e.at desc, e.id desc limit p_limit
  ) as x
$$;

-- With the rights of the table's owner, for nobody else may delete; the trigger has the last word.
create function perdure.expire_audit_entries(p_before timestamptz, p_limit integer) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  v_ids uuid[];
begin
  v_ids := array(
    select e.id from perdure.audit_entries as e
    where e.recorded_at < least(p_before, now() - interval '30 days')
    order by e.recorded_at limit p_limit for update skip locked);
  delete from perdure.audit_entries as e where e.id = any (v_ids);
  return cardinality(v_ids);
end
$$;

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
