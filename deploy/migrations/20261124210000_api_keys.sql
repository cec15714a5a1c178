-- API keys. A link that shows one run is a key that counts for that run only: it expires, is revoked and cut off alike.

create table perdure.api_keys (
  id           uuid        primary key,
  tenant_id    text        not null,
  name         text        not null,
  -- `audit` may read the audit log and nothing else.
  scope        text        not null check (scope in ('read', 'write', 'audit', 'admin')),
  token_hash   text        not null unique check (token_hash ~ '^[0-9a-f]{64}$'),
  prefix       text        not null,
  created_by   text        not null,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz,
  last_used_at timestamptz,
  revoked_at   timestamptz,
  run_id       uuid        references perdure.runs (id) on delete cascade,
  constraint api_keys_of_a_run check (run_id is null or (scope = 'read' and expires_at is not null))
);
comment on table perdure.api_keys is 'Keys of programs; token_hash is the SHA-256 of the whole key, which is stored nowhere.';
comment on column perdure.api_keys.run_id is 'The one run that the key may read; null for a key of the whole tenant.';

create index api_keys_of_tenant on perdure.api_keys (tenant_id, created_at desc, id desc);
create index api_keys_of_run on perdure.api_keys (run_id) where run_id is not null;

alter table perdure.api_keys enable row level security;
create policy api_keys_of_own_tenant on perdure.api_keys for select to authenticated
  using (tenant_id = (select perdure.current_tenant()));
-- All but the hash.
grant select (id, tenant_id, name, scope, prefix, created_by, created_at, expires_at, last_used_at, revoked_at, run_id)
  on perdure.api_keys to authenticated;
grant select, insert, update (last_used_at, revoked_at), delete on perdure.api_keys to service_role;

create function perdure.api_key_json(k perdure.api_keys) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', k.id, 'tenantId', k.tenant_id, 'name', k.name, 'scope', k.scope, 'prefix', k.prefix, 'runId', k.run_id,
    'createdBy', k.created_by, 'createdAt', perdure.iso(k.created_at), 'expiresAt', perdure.iso(k.expires_at),
    'lastUsedAt', perdure.iso(k.last_used_at), 'revokedAt', perdure.iso(k.revoked_at))
$$;

-- Null where the run is not the tenant's.
create function perdure.create_api_key(p_key jsonb) returns jsonb
language sql set search_path = '' as $$
  insert into perdure.api_keys as k (id, tenant_id, name, scope, token_hash, prefix, created_by, expires_at, run_id)
  select (p_key ->> 'id')::uuid, p_key ->> 'tenantId', p_key ->> 'name', p_key ->> 'scope',
    p_key ->> 'tokenHash', p_key ->> 'prefix', p_key ->> 'createdBy', (p_key ->> 'expiresAt')::timestamptz,
    (p_key ->> 'runId')::uuid
  where p_key ->> 'runId' is null or exists (
    select from perdure.runs as r where r.id = (p_key ->> 'runId')::uuid and r.tenant_id = p_key ->> 'tenantId')
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

-- Whose a key was that counts no more: that somebody tries it is for its tenant to know.
create function perdure.former_api_key(p_token_hash text) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('id', k.id, 'tenantId', k.tenant_id) from perdure.api_keys as k
  where k.token_hash = p_token_hash and (k.revoked_at is not null or k.expires_at <= now())
$$;

create function perdure.get_api_key(p_tenant_id text, p_key_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select perdure.api_key_json(k) from perdure.api_keys as k where k.id = p_key_id and k.tenant_id = p_tenant_id
$$;

create function perdure.list_api_keys(p_tenant_id text) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(perdure.api_key_json(k) order by k.created_at desc, k.id desc), '[]')
  from perdure.api_keys as k where k.tenant_id = p_tenant_id and k.run_id is null
$$;

create function perdure.list_share_links(p_tenant_id text, p_run_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(perdure.api_key_json(k) order by k.created_at desc, k.id desc), '[]')
  from perdure.api_keys as k where k.run_id = p_run_id and k.tenant_id = p_tenant_id
$$;

create function perdure.revoke_api_key(p_tenant_id text, p_key_id uuid) returns boolean
language plpgsql set search_path = '' as $$
begin
  update perdure.api_keys as k set revoked_at = coalesce(k.revoked_at, now())
    where k.id = p_key_id and k.tenant_id = p_tenant_id;
  return found;
end
$$;

revoke execute on all functions in schema perdure from public;
grant execute on all functions in schema perdure to service_role;
