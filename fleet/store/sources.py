"""Where the figures of statistics come from: one query a source, from trips' days, the registry, orders, cases, books.

A vehicle counts for the organ, division, use, management and energy kind that it had on the day, as `vehicle_history`
says; on days before its history begins, for those it has now. Days are the fleet's, from 04:00 in Asia/Shanghai.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fleet.model.fuels import Fuel
from fleet.model.verdicts import VerdictKind
from fleet.statistics.base import DIMENSIONS, Dimension, Source


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows with figures as SQL: what they are from, their attributes, their month, their stretch between borders."""

    source: str
    attributes: Mapping[Dimension, str]
    bucket: str
    figure: str  # with {} for its name
    sign: str = ""
    confidential: str = "v.confidential"


COLUMNS: Mapping[Dimension, str] = {
    Dimension.ORGAN: "organ_id",
    Dimension.DIVISION: "division",
    Dimension.USE: "use",
    Dimension.MANAGEMENT: "management",
    Dimension.ENERGY: "energy",
}
"""What a vehicle is at a time, as `vehicle_history`, `vehicle` and `tally_group` name it."""

TALLIES: Mapping[Source, str] = {
    Source.DAYS: "tally_day",
    Source.VERDICTS: "tally_verdict",
    Source.CASES: "tally_case",
    Source.ORDERS: "tally_order",
}
"""Where the figures of settled days are added up."""

_ATTRIBUTES = {
    **{dimension: f"coalesce(h.{column}, v.{column})" for dimension, column in COLUMNS.items()},
    Dimension.VEHICLE: "v.id",
}

_DAY_OF = "(({} at time zone 'UTC') + interval '4 hours')::date"
"""The fleet's day of a moment: it begins at 20:00 UTC of the day before."""

_HISTORY = "left join vehicle_history h on h.vehicle_id = v.id and h.period @> x.day"

_DAY_SUMS = (
    *("trips", "distance_m", "odometer_m", "driving_s", "idle_s", "standing_s", "silent_s", "stopped_s", "gap_s"),
    *("gap_odometer_m", "fuel_ml", "energy_wh", "fuel_distance_m", "energy_distance_m"),
    *("fuel_counter_ml", "fuel_counter_m", "energy_counter_wh", "energy_counter_m"),
)

_SAME_ALL_MONTH = """exists (
    select from vehicle_history s
    where s.vehicle_id = m.vehicle_id and s.period @> daterange(m.month, (m.month + interval '1 month')::date)
)"""

_VERDICTS = tuple(kind.value for kind in VerdictKind)
_FUELS = tuple(fuel.value for fuel in Fuel)

# Every query gives, as `x`: vehicle_id, day and its figures.
_FROM: Mapping[Source, str] = {
    # Whole months as they are summed up, where the vehicle was the same all month; days for the rest: those of other
    # months, and those of a month in which it changed.
    Source.DAYS: f"""
        (select m.vehicle_id, m.month as day, m.days_used, {", ".join(f"m.{name}" for name in _DAY_SUMS)}
        from vehicle_month m where m.month = any(cast(:months as date[])) and {_SAME_ALL_MONTH}
        union all
        select d.vehicle_id, d.day, (d.trips > 0)::int, {", ".join(f"d.{name}" for name in _DAY_SUMS)}
        from vehicle_month m join vehicle_day d
            on d.vehicle_id = m.vehicle_id and d.day >= m.month and d.day < m.month + interval '1 month'
        where m.month = any(cast(:months as date[])) and not {_SAME_ALL_MONTH}
        union all
        select d.vehicle_id, d.day, (d.trips > 0)::int, {", ".join(f"d.{name}" for name in _DAY_SUMS)}
        from vehicle_day d where d.day = any(cast(:days as date[]))) as x
        join vehicle v on v.id = x.vehicle_id {_HISTORY}""",
    Source.PURCHASES: f"""
        (select id as vehicle_id, registered_on as day, 1 as vehicles
        from vehicle where registered_on between cast(:first as date) and cast(:last as date)) as x
        join vehicle v on v.id = x.vehicle_id {_HISTORY}""",
    Source.VERDICTS: f"""
        (select vehicle_id, {_DAY_OF.format("started_at")} as day,
            {", ".join(f"(kind = '{kind}')::int as {kind}" for kind in _VERDICTS)}
        from verdict where started_at >= :begin and started_at < :end) as x
        join vehicle v on v.id = x.vehicle_id {_HISTORY}""",
    # A case is confirmed by its last decision; one that was taken back with its findings is none.
    Source.CASES: f"""
        (select c.vehicle_id, {_DAY_OF.format("c.begin_at")} as day,
            (coalesce(s.state_after, '') = 'confirmed')::int as confirmed,
            (coalesce(s.state_after, '') = 'dismissed')::int as dismissed, (s.state_after is null)::int as undecided
        from misuse_case c left join lateral (
            select state_after from case_step
            where case_id = c.id and c.state in ('confirmed', 'dismissed', 'closed')
                and state_after in ('confirmed', 'dismissed')
            order by n desc limit 1
        ) as s on true
        where c.begin_at >= :begin and c.begin_at < :end and c.state <> 'withdrawn') as x
        join vehicle v on v.id = x.vehicle_id {_HISTORY}""",
    # A card's records are those of the vehicle that had it on that day of the calendar, as bindings are entered now.
    Source.REFUELS: f"""
        (select coalesce(c.vehicle_id, r.vehicle_id) as vehicle_id, {_DAY_OF.format("r.at")} as day,
            {", ".join(f"(r.fuel = '{fuel}')::int as {fuel}_purchases" for fuel in _FUELS)},
            {", ".join(f"case when r.fuel = '{fuel}' then r.ml else 0 end as {fuel}_ml" for fuel in _FUELS)},
            {", ".join(f"case when r.fuel = '{fuel}' then r.cost_fen else 0 end as {fuel}_fen" for fuel in _FUELS)}
        from fuel_record r left join fuel_card c
            on c.card = r.card and c.period @> (r.at at time zone 'Asia/Shanghai')::date
        where r.at >= :begin and r.at < :end) as x
        join vehicle v on v.id = x.vehicle_id {_HISTORY}""",
    Source.CHARGES: f"""
        (select vehicle_id, {_DAY_OF.format("begin_at")} as day, 1 as purchases, wh, coalesce(cost_fen, 0) as fen,
            (cost_fen is null)::int as unpriced
        from charging_record where begin_at >= :begin and begin_at < :end) as x
        join vehicle v on v.id = x.vehicle_id {_HISTORY}""",
    Source.ORDERS: f"""
        (select r.organ_id, o.division, {_DAY_OF.format("r.submitted_at")} as day, 1 as submitted,
            (r.decision = 'approved' and r.state <> 'cancelled')::int as approved,
            (r.state = 'rejected')::int as refused, (r.state = 'cancelled')::int as cancelled,
            (r.decision = 'pending' and r.state <> 'cancelled')::int as undecided,
            (r.decision = 'approved' and r.state <> 'cancelled' and r.decided_at > lower(r.period))::int
                as approved_late,
            (a.at is not null)::int as assigned,
            coalesce(greatest(0, extract(epoch from a.at - r.decided_at)), 0)::int8 as assign_s
        from dispatch_order r join organ o on o.id = r.organ_id left join lateral (
            select min(at) as at from order_assignment where order_id = r.id
        ) as a on true
        where r.submitted_at >= :begin and r.submitted_at < :end) as x""",
    Source.MESSAGES: f"""
        (select {_DAY_OF.format("hour")} as day, received, stored, duplicate, quarantined
        from ledger_hour where hour >= :begin and hour < :end) as x""",
}

FIGURES: Mapping[Source, tuple[str, ...]] = {
    Source.DAYS: ("days_used", *_DAY_SUMS),
    Source.FLEET: ("days_in_service",),
    Source.STOCK: ("vehicles",),
    Source.PURCHASES: ("vehicles",),
    Source.VERDICTS: _VERDICTS,
    Source.CASES: ("confirmed", "dismissed", "undecided"),
    Source.REFUELS: tuple(f"{fuel}_{what}" for what in ("purchases", "ml", "fen") for fuel in _FUELS),
    Source.CHARGES: ("purchases", "wh", "fen", "unpriced"),
    Source.ORDERS: (
        *("submitted", "approved", "refused", "cancelled", "undecided", "approved_late", "assigned", "assign_s"),
    ),
    Source.MESSAGES: ("received", "stored", "duplicate", "quarantined"),
}


# Vehicles that were there, by what they were: `h`, of which each stretch asked for (its months, or the whole period)
# takes a row. Those that were the same from one day to another are one row, else a year by months had twelve of each.
_STANDING = """(
    select {columns}v.confidential, greatest(coalesce(lower(s.period), '-infinity'), cast(:first as date)) as since,
        least(coalesce(upper(s.period), 'infinity'), cast(:last as date) + 1) as until, count(*) as vehicles
    from vehicle_history s join vehicle v on v.id = s.vehicle_id
    where s.status = any('{status}') and s.period && daterange(cast(:first as date), cast(:last as date), '[]')
    group by {columns}v.confidential, since, until
) as h"""
_STRETCHES: Mapping[Source, tuple[str, str]] = {
    Source.FLEET: (
        "{in_service}",
        """join unnest(cast(:begins as date[]), cast(:afters as date[])) as m (begin, after)
            on h.since < m.after and h.until > m.begin
        cross join lateral (
            select greatest(h.since, m.begin) as day,
                h.vehicles * (least(h.until, m.after) - greatest(h.since, m.begin)) as days_in_service
        ) as x""",
    ),
    # At the end of each stretch.
    Source.STOCK: (
        "{in_service,repair}",
        """join unnest(cast(:ends as date[])) as m (day) on h.since <= m.day and h.until > m.day
        cross join lateral (select m.day, h.vehicles) as x""",
    ),
}
_STANDING_COLUMNS = {**COLUMNS, Dimension.VEHICLE: "vehicle_id"}


def live(source: Source, dimensions: Iterable[Dimension] = tuple(Dimension)) -> Relation:
    """The rows themselves. `dimensions`: those that are asked for; the relation may know no others."""
    month, bucket = "date_trunc('month', x.day::timestamp)::date", "width_bucket(x.day, cast(:borders as date[]))"
    if source in _STRETCHES:
        status, stretches = _STRETCHES[source]
        known = [one for one in _STANDING_COLUMNS if one in set(dimensions)]
        columns = "".join(f"s.{_STANDING_COLUMNS[one]}, " for one in known)
        attributes = {one: f"h.{_STANDING_COLUMNS[one]}" for one in known} | {Dimension.MONTH: month}
        standing = _STANDING.format(columns=columns, status=status)
        return Relation(f"{standing} {stretches}", attributes, bucket, "x.{}", confidential="h.confidential")
    of_vehicles = Dimension.VEHICLE in DIMENSIONS[source]
    attributes = {**_ATTRIBUTES} if of_vehicles else {Dimension.ORGAN: "x.organ_id", Dimension.DIVISION: "x.division"}
    return Relation(_FROM[source], attributes | {Dimension.MONTH: month}, bucket, "x.{}")
