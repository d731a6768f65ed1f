-- Run once in the warehouse's database by someone who may make roles; running it again changes nothing.
--   psql --dbname kanalstatus --file roles.sql
-- owner: makes and changes tables and views (kanalstatus upgrade). loader: the schedule; reads, and adds rows.
-- reporter: reads the figures that anyone may see. None has a password yet; see docs/runbook.md.
do $$
declare
    name text;
begin
    foreach name in array array['kanalstatus_owner', 'kanalstatus_loader', 'kanalstatus_reporter'] loop
        if not exists (select from pg_roles where rolname = name) then
            execute format('create role %I login', name);
        end if;
        execute format('grant connect on database %I to %I', current_database(), name);
        execute format('alter role %I in database %I set search_path = kanalstatus', name, current_database());
    end loop;
    -- A run works views out once for all pages, in tables of its own that go with the transaction.
    execute format('grant temporary on database %I to kanalstatus_owner, kanalstatus_loader', current_database());
    if not (select rolsuper from pg_roles where rolname = current_user) then
        execute format('grant kanalstatus_owner to %I', current_user);
    end if;
end
$$;

create schema if not exists kanalstatus authorization kanalstatus_owner;
grant usage on schema kanalstatus to kanalstatus_loader, kanalstatus_reporter;
