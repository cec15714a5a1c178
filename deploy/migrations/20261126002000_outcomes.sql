-- What became of an irreversible tool is asked of people, too; and no step is begun again once it has an end.

alter table perdure.approvals drop constraint approvals_kind_check;
alter table perdure.approvals add constraint approvals_kind_check
  check (kind in ('plan', 'step', 'call', 'question', 'event', 'outcome'));

-- The attempt before was taken for lost, and has written its end between a later one's look and its start.
create function perdure.refuse_start_after_end() returns trigger
language plpgsql set search_path = '' as $$
begin
  if exists (select from perdure.run_events as e
             where e.run_id = new.run_id and e.event_key = 'step/' || new.step_id || '/end') then
    raise exception 'step_closed' using errcode = 'P0002';
  end if;
  return new;
end
$$;
create trigger no_start_after_end before insert on perdure.run_events
  for each row when (new.type = 'step.started' and new.attempt > 1)
  execute function perdure.refuse_start_after_end();

create or replace function perdure.schema_version() returns integer
language sql immutable set search_path = '' as $$ select 14 $$;

revoke execute on all functions in schema perdure from public;
grant execute on function perdure.current_tenant() to authenticated;
grant execute on all functions in schema perdure to service_role;
