-- What the model of a step asks for may wait for a person, too.

alter table perdure.approvals drop constraint approvals_kind_check;
alter table perdure.approvals add constraint approvals_kind_check check (kind in ('plan', 'step', 'call'));

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 12 $$;
