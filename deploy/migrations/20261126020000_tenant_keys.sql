-- Keys of tenants, that their payloads in Temporal are sealed with; each is sealed itself by a key that is not here.

create table perdure.tenant_keys (
  id           text        primary key,
  tenant_id    text        not null,
  wrapped      text,
  created_at   timestamptz not null default now(),
  destroyed_at timestamptz,
  check ((wrapped is null) = (destroyed_at is not null))
);
comment on table perdure.tenant_keys is 'One key a tenant, sealed by a key of the deployment; destroyed, nothing that it sealed can be read.';
create unique index tenant_keys_in_use on perdure.tenant_keys (tenant_id) where destroyed_at is null;

-- Nobody who signs in reads it.
alter table perdure.tenant_keys enable row level security;
grant select, insert, update (wrapped, destroyed_at) on perdure.tenant_keys to service_role;

create function perdure.tenant_key_json(k perdure.tenant_keys) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('id', k.id, 'tenantId', k.tenant_id, 'wrapped', k.wrapped)
$$;

create function perdure.current_tenant_key(p_tenant_id text) returns jsonb
language sql stable set search_path = '' as $$
  select perdure.tenant_key_json(k) from perdure.tenant_keys as k
  where k.tenant_id = p_tenant_id and k.destroyed_at is null
$$;

-- Of several processes that bring a first key, one is heard.
create function perdure.keep_tenant_key(p_tenant_id text, p_id text, p_wrapped text) returns jsonb
language plpgsql set search_path = '' as $$
begin
  insert into perdure.tenant_keys (id, tenant_id, wrapped) values (p_id, p_tenant_id, p_wrapped)
  on conflict (tenant_id) where destroyed_at is null do nothing;
  return perdure.current_tenant_key(p_tenant_id);
end
$$;

create function perdure.find_tenant_key(p_id text) returns jsonb
language sql stable set search_path = '' as $$
  select perdure.tenant_key_json(k) from perdure.tenant_keys as k where k.id = p_id
$$;

create function perdure.destroy_tenant_keys(p_tenant_id text) returns bigint
language plpgsql set search_path = '' as $$
declare
  v_count bigint;
begin
  update perdure.tenant_keys as k set wrapped = null, destroyed_at = now()
    where k.tenant_id = p_tenant_id and k.destroyed_at is null;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
