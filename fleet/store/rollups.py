"""Sums a day and a month of a vehicle, always made again from its trips, stops and gaps, never added to.

A test counts plain segments once more and holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import asyncpg

VehicleDay = tuple[int, date]


async def refresh_days(connection: asyncpg.Connection, touched: Collection[VehicleDay]) -> None:
    """Makes these days, and their months, say what the stored segments say; within the caller's transaction."""
    if not touched:
        return
    ordered = sorted(touched)
    vehicles, days = [vehicle_id for vehicle_id, _ in ordered], [day for _, day in ordered]
    await connection.execute(CLEAR_DIVISIONS, vehicles, days)
    await connection.execute(CLEAR_DAYS, vehicles, days)
    await connection.execute(DAYS, vehicles, days)
    await connection.execute(DIVISIONS, vehicles, days)
    months = sorted({(vehicle_id, day.replace(day=1)) for vehicle_id, day in ordered})
    await connection.execute(MONTHS, [vehicle_id for vehicle_id, _ in months], [month for _, month in months])


_TOUCHED = "unnest($1::int4[], $2::date[]) as d (vehicle_id, day)"

# A day begins at 04:00 in Asia/Shanghai, which is 20:00 UTC of the day before; that zone has no summer time.
_DAY = """
select d.vehicle_id, d.day,
    (d.day::timestamp - interval '4 hours') at time zone 'UTC' as begins,
    (d.day::timestamp + interval '20 hours') at time zone 'UTC' as ends
from unnest($1::int4[], $2::date[]) as d (vehicle_id, day)
"""

# Stops (and gaps) of one vehicle do not overlap: of those that began before the day only the last can reach into it.
_PARTS = """
select count(*) as segments,
    coalesce(sum(floor(extract(epoch from least(s.known_to, d.ends)))
        - floor(extract(epoch from greatest(s.started_at, d.begins)))), 0)::int4 as seconds
    {more}
from (
    (select * from {table} where vehicle_id = d.vehicle_id and started_at < d.begins order by started_at desc limit 1)
    union all
    select * from {table} where vehicle_id = d.vehicle_id and started_at >= d.begins and started_at < d.ends
) as s
where s.known_to > d.begins or s.started_at >= d.begins
"""

CLEAR_DIVISIONS = f"""
delete from vehicle_day_division v using {_TOUCHED} where v.vehicle_id = d.vehicle_id and v.day = d.day
"""

CLEAR_DAYS = f"""
delete from vehicle_day v using ({_DAY}) as d
where v.vehicle_id = d.vehicle_id and v.day = d.day and not exists (
    select from trip t where t.vehicle_id = d.vehicle_id and t.started_at >= d.begins and t.started_at < d.ends
) and (select segments from ({_PARTS.format(table="stop", more="")}) as p) = 0
    and (select segments from ({_PARTS.format(table="gap", more="")}) as p) = 0
"""

_SUMS = (
    *("trips", "distance_m", "odometer_m", "driving_s", "idle_s", "standing_s", "stopped_s", "silent_s", "gap_s"),
    *("gap_odometer_m", "fuel_ml", "energy_wh", "fuel_distance_m", "energy_distance_m"),
    *("fuel_counter_ml", "fuel_counter_m", "energy_counter_wh", "energy_counter_m"),
)
_MORE = ("max_speed_dkmh", "first_start_at", "last_end_at")
_DAY_COLUMNS = ("organ_id", "division", *_SUMS, *_MORE)
_MONTH_COLUMNS = ("days_used", *_SUMS, "max_speed_dkmh")


def _over(columns: Sequence[str]) -> str:
    """A row that says the same already is not written: nobody who waits for changes is told of it."""
    return (
        f"{', '.join(f'{name} = excluded.{name}' for name in columns)}"
        f" where ({', '.join(f'v.{name}' for name in columns)})"
        f" is distinct from ({', '.join(f'excluded.{name}' for name in columns)})"
    )


DAYS = f"""
insert into vehicle_day as v (vehicle_id, day, {", ".join(_DAY_COLUMNS)})
select d.vehicle_id, d.day, coalesce(h.organ_id, o.organ_id), coalesce(h.division, o.division),
    t.trips, t.distance_m, t.odometer_m, t.driving_s, t.idle_s, t.standing_s, s.seconds, t.silent_s, g.seconds,
    g.odometer_m, t.fuel_ml, t.energy_wh, t.fuel_distance_m, t.energy_distance_m,
    t.fuel_counter_ml, t.fuel_counter_m, t.energy_counter_wh, t.energy_counter_m, t.max_speed_dkmh,
    t.first_start_at, t.last_end_at
from ({_DAY}) as d
cross join lateral (
    select count(*)::int4 as trips,
        coalesce(sum(distance_m), 0)::int4 as distance_m,
        coalesce(sum(odometer_distance_m), 0)::int4 as odometer_m,
        coalesce(sum(driving_s), 0)::int4 as driving_s,
        coalesce(sum(idle_s), 0)::int4 as idle_s,
        coalesce(sum(standing_s), 0)::int4 as standing_s,
        coalesce(sum(silent_s), 0)::int4 as silent_s,
        coalesce(sum(fuel_ml), 0)::int4 as fuel_ml,
        coalesce(sum(energy_wh), 0)::int4 as energy_wh,
        coalesce(sum(distance_m) filter (where fuel_ml is not null), 0)::int4 as fuel_distance_m,
        coalesce(sum(distance_m) filter (where energy_wh is not null), 0)::int4 as energy_distance_m,
        coalesce(sum(fuel_ml) filter (where fuel_method = 'counter'), 0)::int4 as fuel_counter_ml,
        coalesce(sum(distance_m) filter (where fuel_method = 'counter'), 0)::int4 as fuel_counter_m,
        coalesce(sum(energy_wh) filter (where energy_method = 'counter'), 0)::int4 as energy_counter_wh,
        coalesce(sum(distance_m) filter (where energy_method = 'counter'), 0)::int4 as energy_counter_m,
        max(max_speed_dkmh) as max_speed_dkmh,
        min(started_at) as first_start_at,
        max(ended_at) as last_end_at
    from trip where vehicle_id = d.vehicle_id and started_at >= d.begins and started_at < d.ends
) as t
cross join lateral ({_PARTS.format(table="stop", more="")}) as s
cross join lateral ({
    _PARTS.format(
        table="gap",
        more=", coalesce(sum(s.odometer_m) filter (where s.started_at >= d.begins), 0)::int4 as odometer_m",
    )
}) as g
left join vehicle o on o.id = d.vehicle_id
left join vehicle_history h on h.vehicle_id = d.vehicle_id and h.period @> d.day
where t.trips + s.segments + g.segments > 0
on conflict (vehicle_id, day) do update set {_over(_DAY_COLUMNS)}
"""

DIVISIONS = f"""
insert into vehicle_day_division (vehicle_id, day, division, distance_m, seconds)
select d.vehicle_id, d.day, p.division, sum(p.distance_m)::int4, sum(p.seconds)::int4
from ({_DAY}) as d
join trip t on t.vehicle_id = d.vehicle_id and t.started_at >= d.begins and t.started_at < d.ends
cross join lateral jsonb_to_recordset(t.divisions) as p (division int4, distance_m int4, seconds int4)
group by d.vehicle_id, d.day, p.division
"""

MONTHS = f"""
with m as (
    select v.vehicle_id, m.month, count(*) filter (where v.trips > 0)::int4 as days_used,
        {", ".join(f"sum(v.{name}) as {name}" for name in _SUMS)}, max(v.max_speed_dkmh) as max_speed_dkmh
    from unnest($1::int4[], $2::date[]) as m (vehicle_id, month)
    join vehicle_day v on v.vehicle_id = m.vehicle_id and v.day >= m.month and v.day < (m.month + interval '1 month')
    group by v.vehicle_id, m.month
),
gone as (
    delete from vehicle_month v using unnest($1::int4[], $2::date[]) as d (vehicle_id, month)
    where v.vehicle_id = d.vehicle_id and v.month = d.month
        and not exists (select from m where m.vehicle_id = v.vehicle_id and m.month = v.month)
)
insert into vehicle_month as v (vehicle_id, month, {", ".join(_MONTH_COLUMNS)})
select vehicle_id, month, {", ".join(_MONTH_COLUMNS)} from m
on conflict (vehicle_id, month) do update set {_over(_MONTH_COLUMNS)}
"""
