-- People are asked questions, too, and programs outside for events.

alter table perdure.approvals drop constraint approvals_kind_check;
alter table perdure.approvals add constraint approvals_kind_check check (kind in ('plan', 'step', 'call', 'question', 'event'));

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 13 $$;
