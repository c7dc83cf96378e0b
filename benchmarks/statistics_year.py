"""A year of the demonstration city as the monitor, the judge and the offices would have left it, drawn by the server.

Trips, days, months, verdicts, cases and orders are drawn from hashes of their numbers, so that it is always the same
year. Stops, gaps and tracks are left out: no statistic reads them but through days.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import asyncpg

from fleet.demonstration.city import build_city
from fleet.store.city import load_city

FIRST = date(2026, 1, 1)
DAYS = 365
MOVED = 10
"""Of a hundred vehicles so many change their organ, and half of them their energy kind, within the year."""

_HISTORY = (
    f"""
create temp table moved as
select v.id, v.organ_id, v.division, date '{FIRST}' + (hashint4(v.id) & 255) + 40 as day,
    case when hashint4(v.id * 7) % 2 = 0 then 'bev' else v.energy end as energy,
    (select o.id from organ o where o.division = v.division order by hashint4(o.id * 31 + v.id) limit 1) as new_organ
from vehicle v where (hashint4(v.id * 13) & 1023) < 1024 * {MOVED} / 100 and exists (
    select from vehicle_history h where h.vehicle_id = v.id and lower(h.period) < date '{FIRST}'
)
""",
    """
update vehicle_history h set period = daterange(lower(h.period), m.day) from moved m
where h.vehicle_id = m.id and upper_inf(h.period)
""",
    """
insert into vehicle_history (vehicle_id, period, organ_id, division, use, management, energy, status)
select m.id, daterange(m.day, null), m.new_organ, m.division, v.use, v.management, m.energy, v.status
from moved m join vehicle v on v.id = m.id
""",
    """
update vehicle v set organ_id = h.organ_id, energy = h.energy from vehicle_history h
where h.vehicle_id = v.id and upper_inf(h.period) and (v.organ_id, v.energy) <> (h.organ_id, h.energy)
""",
)

# Two, three or four trips on about three days of four.
_TRIPS = """
insert into trip (id, version, vehicle_id, organ_id, division, day, started_at, ended_at, known_to, written_at, running,
    begin_cut, end_cut, origin_lat_e7, origin_lon_e7, origin_division, distance_m, odometer_distance_m, driving_s,
    idle_s, standing_s, silent_s, max_speed_dkmh, fuel_ml, fuel_method, energy_wh, energy_method, divisions, bridged,
    set_aside, set_aside_count, unit_ids, positions, doubts)
select v.id::int8 * 4294967296 + extract(epoch from t.at - timestamptz '2015-01-01Z')::int8, 1, v.id, v.organ_id,
    v.division, d.day, t.at, t.at + interval '40 minutes', t.at + interval '40 minutes', t.at, false, '{}', '{}',
    255000000, 1038000000, v.division, 3000 + (t.h & 32767), 3100 + (t.h & 32767), 1500 + (t.h & 511), 100, 60, 0, 800,
    case when v.energy in ('petrol', 'diesel', 'hev', 'phev', 'erev', 'gas') and t.h & 7 <> 0
        then 300 + (t.h & 4095) end, null,
    case when v.energy in ('bev', 'phev', 'erev', 'fcev') then 500 + (t.h & 8191) end, null, '[]', '[]', '[]', 0, '{}',
    120, 0
from vehicle v
cross join (select $1::date + n as day, n from generate_series(0, $2::int4 - 1) as g (n)) as d
cross join lateral (
    select (d.day::timestamp + make_interval(hours => k * 4 + 1, mins => h & 127)) at time zone 'UTC' as at, h
    from (select k, hashint4(v.id * 4001 + d.n * 5 + k) & 2147483647 as h from generate_series(0, 3) as g (k)) as x
    where (hashint4(v.id * 3001 + d.n) & 3) <> 0 and k < 2 + (hashint4(v.id * 2003 + d.n) & 2147483647) % 3
) as t
"""

_DAYS = """
insert into vehicle_day (vehicle_id, day, organ_id, division, trips, distance_m, odometer_m, driving_s, idle_s,
    standing_s, stopped_s, silent_s, gap_s, gap_odometer_m, fuel_ml, energy_wh, fuel_distance_m, energy_distance_m)
select v.id, g.day::date, v.organ_id, v.division, coalesce(t.trips, 0), coalesce(t.distance_m, 0),
    coalesce(t.odometer_m, 0), coalesce(t.driving_s, 0), coalesce(t.idle_s, 0), coalesce(t.standing_s, 0),
    80000 - coalesce(t.driving_s, 0), coalesce(t.silent_s, 0), 600, 20, coalesce(t.fuel_ml, 0),
    coalesce(t.energy_wh, 0), coalesce(t.fuel_distance_m, 0), coalesce(t.energy_distance_m, 0)
from generate_series($1::date, $1::date + $2::int4 - 1, '1 day') as g (day) cross join vehicle v
left join (
    select vehicle_id, day, count(*) as trips, sum(distance_m) as distance_m, sum(odometer_distance_m) as odometer_m,
        sum(driving_s) as driving_s, sum(idle_s) as idle_s, sum(standing_s) as standing_s, sum(silent_s) as silent_s,
        sum(fuel_ml) as fuel_ml, sum(energy_wh) as energy_wh,
        sum(distance_m) filter (where fuel_ml is not null) as fuel_distance_m,
        sum(distance_m) filter (where energy_wh is not null) as energy_distance_m
    from trip where day >= $1::date and day < $1::date + $2::int4 group by vehicle_id, day
) as t on t.vehicle_id = v.id and t.day = g.day
"""

_SUMS = (
    *("trips", "distance_m", "odometer_m", "driving_s", "idle_s", "standing_s", "stopped_s", "silent_s", "gap_s"),
    *("gap_odometer_m", "fuel_ml", "energy_wh", "fuel_distance_m", "energy_distance_m"),
)
_REST = (
    f"""
insert into vehicle_month (vehicle_id, month, days_used, {", ".join(_SUMS)})
select vehicle_id, date_trunc('month', day::timestamp)::date, count(*) filter (where trips > 0),
    {", ".join(f"sum({name})" for name in _SUMS)} from vehicle_day group by 1, 2
""",
    """
insert into misuse_case (number, vehicle_id, organ_id, division, state, severity, begin_at, opened_at, rules, findings,
    withdrawn)
select 'XS-' || n, v.id, v.organ_id, v.division,
    (array['open', 'closed', 'closed', 'confirmed', 'withdrawn', 'closed'])[1 + n % 6], 'yellow', t.at, t.at, '{}', 1, 0
from generate_series(1, 12000) as g (n) join vehicle v on v.id = 1 + n * 7 % 6000
cross join lateral (select ($1::date::timestamp + make_interval(mins => n % 525600 * 43)) at time zone 'UTC' as at) as t
where t.at < ($1::date + $2::int4)::timestamp at time zone 'UTC'
""",
    """
insert into case_step (case_id, n, at, command, state_before, state_after, data)
select c.id, s.n, c.opened_at, 'x', 'open',
    (array['open', 'assigned', case when c.id % 3 = 0 then 'dismissed' else 'confirmed' end, 'closed'])[s.n], '{}'
from misuse_case c cross join generate_series(1, 4) as s (n)
""",
    """
insert into ledger_hour (hour, kind, received, stored, duplicate, quarantined)
select h, k, 70000, 69900, 60, 40
from generate_series($1::date::timestamptz, ($1::date + $2::int4)::timestamptz, '1 hour') as g (h)
cross join generate_series(1, 4) as s (k)
""",
    """
insert into dispatch_order (organ_id, number, number_year, number_n, applicant_id, submitter_id, created_at, state,
    purpose, facts, emergency, bodies, equipment, period, area, origin, destinations, passengers, round, levels,
    submitted_at, decision, decided_at, effective_period)
select o.id, 'O-' || n, 2026, n, a.id, a.id, t.at, s.state, 'meeting', '{}', false, '{}', '{}',
    tstzrange(t.at + interval '5 hours', t.at + interval '9 hours'), 'city', '{}', '[]', 1, 1, 1, t.at, s.decision,
    case when s.decision <> 'pending' then t.at + interval '2 hours' end,
    tstzrange(t.at + interval '5 hours', t.at + interval '9 hours')
from (select $1::date::timestamp + make_interval(secs => n * 86400.0 / 2500) as at, n
    from generate_series(1, 2500 * $2::int4) as g (n)) as x
cross join lateral (select x.at at time zone 'UTC' as at) as t
join organ o on o.id = 1 + x.n % 520
cross join (select min(id) as id from account) as a
cross join lateral (select (array['settled', 'settled', 'settled', 'settled', 'rejected', 'cancelled'])[1 + x.n % 6]
    as state, (array['approved', 'approved', 'approved', 'approved', 'rejected', 'pending'])[1 + x.n % 6] as decision
) as s
""",
    """
insert into order_assignment (order_id, vehicle_id, at, by_id, ended_at)
select id, 1 + id % 6000, decided_at + interval '10 minutes', applicant_id, upper(period) from dispatch_order
where decision = 'approved'
""",
)

_VERDICTS = """
insert into verdict (trip_id, version, vehicle_id, organ_id, started_at, kind, deviations, reasons, grants, uncovered,
    covered_late, provisional, judged_at, why)
select id, 1, vehicle_id, organ_id, started_at,
    (array['approved', 'approved', 'approved', 'exempt', 'unapproved', 'undetermined', 'approved_with_deviation'])
        [1 + (id % 7)::int], '{}', '[]', '[]', '[]', '[]', false, ended_at, 'live'
from trip where day >= $1::date and day < $1::date + $2::int4
"""

_SLOW_INDEXES = ("dispatch_order_effective_period_idx", "trip_started_idx", "trip_organ_idx", "verdict_organ_idx")


async def fill(connection: asyncpg.Connection, days: int) -> None:
    """Loads the city and its year; needs an account. Indexes that no statistic reads are dropped, to be quicker."""
    await load_city(connection, build_city())
    for name in _SLOW_INDEXES:
        await connection.execute(f"drop index {name}")
    for statement in _HISTORY:
        await connection.execute(statement)
    months = [FIRST + timedelta(days=n) for n in range(0, days, 30)]
    for begin in months:
        some = min(30, days - (begin - FIRST).days)
        for statement in (_TRIPS, _DAYS, _VERDICTS):
            await connection.execute(statement, begin, some)
    for statement in _REST:
        # A statement may use neither of its values, and asyncpg counts them.
        used = [FIRST, days][: statement.count("$1") and 1 + ("$2" in statement)]
        await connection.execute(statement, *used)
    for table in (
        *("trip", "vehicle_day", "vehicle_month", "verdict", "misuse_case", "case_step", "ledger_hour"),
        *("dispatch_order", "order_assignment", "vehicle", "vehicle_history"),
    ):
        await connection.execute(f"vacuum analyze {table}")


async def prices(connection: asyncpg.Connection, days: int) -> None:
    """A price of petrol that changes every two weeks, in the middle of months, as it does."""
    begin = datetime(FIRST.year, FIRST.month, FIRST.day, 20, tzinfo=UTC)
    await connection.executemany(
        "insert into policy_value (slug, value, effective_from, who, why) values ($1, $2, $3, 'x', 'x')",
        [
            ("statistics.petrol_fen_per_l", json.dumps(780 + n), begin + timedelta(days=14 * n + 5))
            for n in range(days // 14)
        ],
    )
