-- What the roles may do, granted anew whenever the views are made anew; the roles themselves are made by roles.sql.
-- The loader adds rows and reads everything: nothing in the warehouse is ever updated or deleted. From PostgreSQL 17 on it
-- may have its tables looked at (analyze), without which PostgreSQL takes what was just loaded for nothing.
do $$
declare
    ours record;
    maintain text := case when current_setting('server_version_num')::integer >= 170000 then ', maintain' else '' end;
begin
    for ours in
        select
            relname,
            case when relkind = 'r' and relname <> 'schema_revision' then 'select, insert' || maintain else 'select' end as rights
        from pg_class
        where relnamespace = current_schema()::regnamespace
            and relkind in ('r', 'v')
            and pg_get_userbyid(relowner) = current_user
    loop
        execute format('revoke all on %I from public, kanalstatus_loader, kanalstatus_reporter', ours.relname);
        execute format('grant %s on %I to kanalstatus_loader', ours.rights, ours.relname);
    end loop;
end
$$;

-- The reporter reads figures on enquiries, and of groups of persons only what disclosure control lets out.
grant select on
    calendar_in_force,
    channel_share,
    comparable_channel_share,
    digital_share,
    disclosed_enrolment,
    national_channel_share,
    national_digital_post_share,
    publication,
    self_service_rate,
    target_status,
    task_channel_count
to kanalstatus_reporter;
