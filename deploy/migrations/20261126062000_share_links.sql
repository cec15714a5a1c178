-- Links that show one run are API keys that count for that run only: they expire, are revoked and are cut off alike.

alter table perdure.api_keys add column run_id uuid references perdure.runs (id) on delete cascade;
comment on column perdure.api_keys.run_id is 'The one run that the key may read; null for a key of the whole tenant.';
alter table perdure.api_keys add constraint api_keys_of_a_run check (
  run_id is null or (scope = 'read' and expires_at is not null)
);
create index api_keys_of_run on perdure.api_keys (run_id) where run_id is not null;
grant select (run_id) on perdure.api_keys to authenticated;

create or replace function perdure.api_key_json(k perdure.api_keys) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', k.id, 'tenantId', k.tenant_id, 'name', k.name, 'scope', k.scope, 'prefix', k.prefix, 'runId', k.run_id,
    'createdBy', k.created_by, 'createdAt', perdure.iso(k.created_at), 'expiresAt', perdure.iso(k.expires_at),
    'lastUsedAt', perdure.iso(k.last_used_at), 'revokedAt', perdure.iso(k.revoked_at))
$$;

-- Null where the run is not the tenant's.
create or replace function perdure.create_api_key(p_key jsonb) returns jsonb
language sql set search_path = '' as $$
  insert into perdure.api_keys as k (id, tenant_id, name, scope, token_hash, prefix, created_by, expires_at, run_id)
  select (p_key ->> 'id')::uuid, p_key ->> 'tenantId', p_key ->> 'name', p_key ->> 'scope',
    p_key ->> 'tokenHash', p_key ->> 'prefix', p_key ->> 'createdBy', (p_key ->> 'expiresAt')::timestamptz,
    (p_key ->> 'runId')::uuid
  where p_key ->> 'runId' is null or exists (
    select from perdure.runs as r where r.id = (p_key ->> 'runId')::uuid and r.tenant_id = p_key ->> 'tenantId')
  returning perdure.api_key_json(k)
$$;

create or replace function perdure.list_api_keys(p_tenant_id text) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(perdure.api_key_json(k) order by k.created_at desc, k.id desc), '[]')
  from perdure.api_keys as k where k.tenant_id = p_tenant_id and k.run_id is null
$$;

create function perdure.list_share_links(p_tenant_id text, p_run_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(perdure.api_key_json(k) order by k.created_at desc, k.id desc), '[]')
  from perdure.api_keys as k where k.run_id = p_run_id and k.tenant_id = p_tenant_id
$$;

create function perdure.get_api_key(p_tenant_id text, p_key_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select perdure.api_key_json(k) from perdure.api_keys as k where k.id = p_key_id and k.tenant_id = p_tenant_id
$$;

revoke execute on function perdure.list_share_links(text, uuid), perdure.get_api_key(text, uuid) from public;
grant execute on function perdure.list_share_links(text, uuid), perdure.get_api_key(text, uuid) to service_role;

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 21 $$;
