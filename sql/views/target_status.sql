-- One row is a measure's value in a count against one of the municipality's targets, or without target.
-- reached: the value as printed meets the target. on_track: not reached, 183 days or more to the deadline, the
-- baseline did not meet it, and the value is at or beyond the straight line from the baseline to the target.
-- The line is reckoned in binary fractions; 1e-14 is what that may cost, so that a value on the line is on it.
-- It ends at the deadline. behind: otherwise. not_assessed: channel_not_counted, total_below_minimum or no_baseline.
with valued as (
    select
        v.count_id,
        v.municipality_code,
        v.measure,
        v.direction,
        coalesce(v.channel, '') as channel,
        v.numerator,
        v.total_count,
        v.value,
        v.permille,
        c.last_day_number
    from measure_value as v
    join calendar_in_force as c on c.count_id = v.count_id
),

aim as (
    select
        t.municipality_code,
        t.measure,
        t.direction,
        coalesce(t.channel, '') as channel,
        t.target_number,
        t.target_kind,
        t.target_value,
        t.target_millionths,
        t.deadline,
        t.deadline_day_number,
        t.baseline_count_id
    from target as t
    join settings_in_force as s on s.settings_id = t.settings_id
),

measured as (
    select count_id, municipality_code, measure, direction, channel from valued
    union
    select d.count_id, d.municipality_code, a.measure, a.direction, a.channel
    from aim as a
    join (select distinct count_id, municipality_code from valued) as d
        on d.municipality_code = a.municipality_code
),

first_value as (
    select municipality_code, measure, direction, channel, min(last_day_number) as last_day_number
    from valued
    group by municipality_code, measure, direction, channel
),

aimed as (
    select
        m.count_id,
        m.municipality_code,
        m.measure,
        m.direction,
        m.channel,
        v.value,
        v.total_count,
        v.permille,
        c.last_day_number,
        before.value as previous_value,
        before.permille as previous_permille,
        a.target_number,
        a.target_kind,
        a.target_value,
        a.deadline,
        a.deadline_day_number,
        b.count_id as baseline_count_id,
        b.last_day_number as baseline_day_number,
        b.value as baseline_value,
        case
            when v.total_count < s.min_total then 'total_below_minimum'
            when v.value is null then 'channel_not_counted'
            else ''
        end as obstacle,
        (a.target_kind = 'at_least' and v.permille * 1000 >= a.target_millionths)
        or (a.target_kind = 'at_most' and v.permille * 1000 <= a.target_millionths) as is_met,
        (a.target_kind = 'at_least' and b.permille * 1000 >= a.target_millionths)
        or (a.target_kind = 'at_most' and b.permille * 1000 <= a.target_millionths) as is_met_by_baseline
    from measured as m
    join settings_in_force as s on 1 = 1
    join calendar_in_force as c on c.count_id = m.count_id
    left join valued as v
        on v.count_id = m.count_id
        and v.municipality_code = m.municipality_code
        and v.measure = m.measure
        and v.direction = m.direction
        and v.channel = m.channel
    left join valued as before
        on before.count_id = c.previous_count_id
        and before.municipality_code = m.municipality_code
        and before.measure = m.measure
        and before.direction = m.direction
        and before.channel = m.channel
    left join aim as a
        on a.municipality_code = m.municipality_code
        and a.measure = m.measure
        and a.direction = m.direction
        and a.channel = m.channel
    left join first_value as f
        on f.municipality_code = m.municipality_code
        and f.measure = m.measure
        and f.direction = m.direction
        and f.channel = m.channel
    left join valued as b
        on a.target_number is not null
        and b.municipality_code = m.municipality_code
        and b.measure = m.measure
        and b.direction = m.direction
        and b.channel = m.channel
        and (
            b.count_id = a.baseline_count_id
            or (a.baseline_count_id is null and b.last_day_number = f.last_day_number)
        )
        and b.last_day_number <= c.last_day_number
),

lined as (
    select
        aimed.*,
        case
            when baseline_day_number < deadline_day_number and last_day_number <= deadline_day_number then
                baseline_value
                + (target_value - baseline_value)
                * cast(last_day_number - baseline_day_number as double precision)
                / (deadline_day_number - baseline_day_number)
        end as line_value,
        min(case when obstacle = '' and is_met then last_day_number end) over (
            partition by municipality_code, measure, direction, channel, target_number
            order by last_day_number
        ) as first_reached_day_number
    from aimed
),

judged as (
    select
        lined.*,
        case
            when target_number is null then 'no_target'
            when obstacle <> '' then 'not_assessed'
            when is_met then 'reached'
            when baseline_count_id is null then 'not_assessed'
            when deadline_day_number - last_day_number >= 183
                and not is_met_by_baseline
                and (
                    (target_kind = 'at_least' and value >= line_value - 1e-14)
                    or (target_kind = 'at_most' and value <= line_value + 1e-14)
                ) then 'on_track'
            else 'behind'
        end as status
    from lined
)

select
    j.count_id,
    j.municipality_code,
    j.measure,
    j.direction,
    nullif(j.channel, '') as channel,
    j.value,
    j.total_count,
    j.previous_value,
    cast(j.permille - j.previous_permille as double precision) / 10 as change_pp,
    j.target_kind,
    j.target_value,
    j.deadline,
    j.baseline_count_id,
    j.baseline_value,
    j.line_value,
    reached.count_id as first_reached_count_id,
    n.value as national_value,
    n.method as national_method,
    j.status,
    case
        when j.status <> 'not_assessed' then null
        when j.obstacle <> '' then j.obstacle
        else 'no_baseline'
    end as reason
from judged as j
left join calendar_in_force as reached on reached.last_day_number = j.first_reached_day_number
left join national_comparison as n
    on n.count_id = j.count_id
    and n.municipality_code = j.municipality_code
    and n.measure = j.measure
    and n.direction = j.direction
    and n.channel = j.channel
