"""Rows for the statistics: figures summed by what was asked for, from trips, days, the registry, orders, cases, books.

A vehicle counts for the organ, division, use, management and energy kind that it had on the day, as `vehicle_history`
says; on days before its history begins, for those it has now. Days are the fleet's, from 04:00 in Asia/Shanghai.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.fuels import Fuel
from fleet.model.moments import day_begins_us, from_us
from fleet.model.registry import Energy, VehicleUse
from fleet.model.scope import Scope
from fleet.model.verdicts import VerdictKind
from fleet.statistics.base import DIMENSIONS, Dimension, Row, Source
from fleet.store.registry import subtree
from fleet.store.scoped import one_of
from fleet.store.tables import organ, vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is counted: days `first` to `last`, both included, grouped by `by`, of the vehicles that all filters hold.

    `organs`: ids, of a subtree for example; None = no filter. With `factors` organs are told apart, and the days
    between `borders`, on which a policy becomes another one.
    """

    first: date
    last: date
    by: tuple[Dimension, ...] = ()
    organs: frozenset[int] | None = None
    division: int | None = None
    use: str | None = None
    management: str | None = None
    energy: str | None = None
    factors: bool = False
    borders: tuple[date, ...] = ()


class Group(NamedTuple):
    """One row: its group (values of `by` in their order), whose policies hold for it, and its figures."""

    key: tuple[Any, ...]
    organ_id: int | None
    bucket: int  # 0 before the first border, 1 from it on …
    energy: Energy | None
    use: VehicleUse | None
    figures: Mapping[str, int]

    def row(self, factors: Mapping[str, int]) -> Row:
        return Row(self.energy, self.use, self.figures, factors)


_ATTRIBUTES = {
    Dimension.ORGAN: "coalesce(h.organ_id, v.organ_id)",
    Dimension.DIVISION: "coalesce(h.division, v.division)",
    Dimension.USE: "coalesce(h.use, v.use)",
    Dimension.MANAGEMENT: "coalesce(h.management, v.management)",
    Dimension.ENERGY: "coalesce(h.energy, v.energy)",
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
    # One row for each stretch of a vehicle's history in each month (and between two borders of policies).
    Source.FLEET: """
        (select s.vehicle_id, greatest(lower(s.period), m.first) as day, s.period,
            coalesce(upper(s.period), m.after) as ends,
            least(coalesce(upper(s.period), m.after), m.after) - greatest(lower(s.period), m.first) as days_in_service
        from vehicle_history s join (
            select greatest(m::date, cast(:first as date)) as first,
                least((m + interval '1 month')::date, cast(:last as date) + 1) as after
            from generate_series(date_trunc('month', cast(:first as timestamp)), cast(:last as timestamp), '1 month')
                as g (m)
        ) as m on s.period && daterange(m.first, m.after)
        where s.status = 'in_service') as x
        join vehicle v on v.id = x.vehicle_id
        join vehicle_history h on h.vehicle_id = x.vehicle_id and h.period = x.period""",
    Source.STOCK: """
        (select s.vehicle_id, m.day, 1 as vehicles
        from vehicle_history s join (
            select least((m + interval '1 month')::date - 1, cast(:last as date)) as day
            from generate_series(date_trunc('month', cast(:since as timestamp)), cast(:last as timestamp), '1 month')
                as g (m)
        ) as m on s.period @> m.day
        where s.status in ('in_service', 'repair')) as x
        join vehicle v on v.id = x.vehicle_id
        join vehicle_history h on h.vehicle_id = x.vehicle_id and h.period @> x.day""",
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


def _column(source: Source, dimension: Dimension) -> str:
    if dimension is Dimension.MONTH:
        return "date_trunc('month', x.day::timestamp)::date"
    if Dimension.VEHICLE not in DIMENSIONS[source]:
        return f"x.{'organ_id' if dimension is Dimension.ORGAN else dimension.value}"
    return _ATTRIBUTES[dimension]


async def read_groups(connection: AsyncConnection, source: Source, question: Question, *, scope: Scope) -> list[Group]:
    """The rows of one source that the caller may see; groups without any row are not there."""
    known = DIMENSIONS[source]
    of_vehicles = Dimension.VEHICLE in known
    apart: list[str] = [_column(source, dimension) for dimension in question.by]
    organ_at = bucket_at = energy_at = None
    if of_vehicles:
        energy_at = len(apart)
        apart += [_ATTRIBUTES[Dimension.ENERGY], _ATTRIBUTES[Dimension.USE]]
        if question.factors:
            organ_at, bucket_at = len(apart), len(apart) + 1
            apart += [_ATTRIBUTES[Dimension.ORGAN], "width_bucket(x.day, cast(:borders as date[]))"]
    conditions, values = _conditions(source, question, scope)
    figures = FIGURES[source]
    sums = ", ".join(f"coalesce(sum(x.{name}), 0)::int8" for name in figures)
    numbers = ", ".join(str(n + 1) for n in range(len(apart)))
    statement = f"select {''.join(f'{one}, ' for one in apart)}{sums} from {_FROM[source]}" + (
        f" where {' and '.join(conditions)}" if conditions else ""
    )
    if apart:
        statement += f" group by {numbers} order by {numbers}"
    wanted = {name: value for name, value in values.items() if f":{name}" in statement}
    return [
        Group(
            key=tuple(row[: len(question.by)]),
            organ_id=None if organ_at is None else row[organ_at],
            bucket=0 if bucket_at is None else row[bucket_at],
            energy=None if energy_at is None else Energy(row[energy_at]),
            use=None if energy_at is None else VehicleUse(row[energy_at + 1]),
            figures=dict(zip(figures, row[len(apart) :], strict=True)),
        )
        for row in await connection.execute(text(statement), wanted)
    ]


async def subtree_of(connection: AsyncConnection, organ_id: int) -> frozenset[int]:
    """The organ and all below it."""
    return frozenset((await connection.execute(subtree(organ_id))).scalars())


async def names_of(
    connection: AsyncConnection, by: Sequence[Dimension], keys: Iterable[tuple[Any, ...]]
) -> dict[Dimension, dict[int, str]]:
    """Names of the organs and plates of the vehicles in these groups."""
    keys = list(keys)
    names: dict[Dimension, dict[int, str]] = {}
    for dimension, table, name in ((Dimension.ORGAN, organ, "name"), (Dimension.VEHICLE, vehicle, "plate")):
        if dimension in by:
            ids = {key[by.index(dimension)] for key in keys}
            statement = select(table.c.id, table.c[name]).where(one_of(table.c.id, ids))
            names[dimension] = {row[0]: row[1] for row in await connection.execute(statement)}
    return names


def _conditions(source: Source, question: Question, scope: Scope) -> tuple[list[str], dict[str, Any]]:
    first, last = _clipped(question.first, question.last, scope)
    begin, end = (from_us(day_begins_us(day)) for day in (first, last + timedelta(days=1)))
    values: dict[str, Any] = {
        "first": first,
        "last": last,
        "begin": begin,
        "end": end,
        "borders": list(question.borders),
        **_months_and_days(first, last, question.borders),
        "since": first if Dimension.MONTH in question.by else last,
    }
    conditions: list[str] = [] if first <= last else ["false"]

    def require(dimension: Dimension, name: str, value: Any, form: str = "{} = :{}") -> None:
        if value is not None:
            conditions.append(form.format(_column(source, dimension), name))
            values[name] = value

    if source is Source.MESSAGES:
        return conditions, values
    organs = _both(question.organs, scope.organs)
    require(Dimension.ORGAN, "organs", None if organs is None else sorted(organs), "{} = any(cast(:{} as int4[]))")
    require(Dimension.DIVISION, "division", question.division)
    require(Dimension.DIVISION, "scope_division", scope.division)
    if Dimension.VEHICLE in DIMENSIONS[source]:
        require(Dimension.USE, "use", question.use)
        require(Dimension.MANAGEMENT, "management", question.management)
        require(Dimension.ENERGY, "energy", question.energy)
        if not scope.see_confidential:
            conditions.append("not v.confidential")
    return conditions, values


def _months_and_days(first: date, last: date, borders: Sequence[date]) -> dict[str, list[date]]:
    """The whole months of the period within which no policy changes, and the days of all others."""
    months: list[date] = []
    days: list[date] = []
    month = first.replace(day=1)
    while month <= last:
        after = (month + timedelta(days=32)).replace(day=1)
        if first <= month and after <= last + timedelta(days=1) and not any(month < one < after for one in borders):
            months.append(month)
        else:
            begin, end = max(first, month), min(last + timedelta(days=1), after)
            days += [begin + timedelta(days=n) for n in range((end - begin).days)]
        month = after
    return {"months": months, "days": days}


def _both(one: frozenset[int] | None, other: frozenset[int] | None) -> frozenset[int] | None:
    if one is None or other is None:
        return one if other is None else other
    return one & other


def _clipped(first: date, last: date, scope: Scope) -> tuple[date, date]:
    """The days that lie whole within the scope's period; `first` after `last` where there is none."""
    begin, end = scope.clipped(from_us(day_begins_us(first)), from_us(day_begins_us(last + timedelta(days=1))))
    while begin is not None and first <= last and from_us(day_begins_us(first)) < begin:
        first += timedelta(days=1)
    while end is not None and last >= first and from_us(day_begins_us(last + timedelta(days=1))) > end:
        last -= timedelta(days=1)
    return first, last
