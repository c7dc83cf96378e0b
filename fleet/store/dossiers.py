"""Reads what vehicles are judged by: segments, orders, exemptions, sealings, calendars, policies, events, tracks.

For many vehicles at once; within no scope, for the service itself judges.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Integer, RowMapping, any_, column, func, literal, or_, select, text, true
from sqlalchemy.dialects.postgresql import ARRAY, Range
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.dispatch.grants import grants_of, inferred
from fleet.geography.divisions import CITY_CODE, COUNTIES
from fleet.judging.outings import Known
from fleet.misuse.base import EventItem, Home, Sealing
from fleet.misuse.registry import RULES
from fleet.model.moments import EPOCH, from_us, to_us
from fleet.model.orders import Order, PermittedArea, Plan
from fleet.model.policies import POLICIES, resolve
from fleet.model.trips import EventReading, Gap, TrackPoint
from fleet.model.verdicts import Grant, GrantKind
from fleet.store.belonging import Belonging, read_spans
from fleet.store.marks import Mark, catching_up, held
from fleet.store.orders import orders_of_organs, orders_of_vehicles
from fleet.store.rulebook import Rulebook
from fleet.store.scoped import one_of
from fleet.store.segments import gap_of, stop_of, trip_of
from fleet.store.tables import (
    INSTANT,
    area,
    exemption,
    gap,
    organ,
    sealing_list,
    sealing_list_vehicle,
    stop,
    trip,
    trip_track,
    vehicle,
)
from fleet.store.task_grants import task_grants
from fleet.tracks.packed import unpack

ALL_COUNTIES = frozenset(division.code for division in COUNTIES)
LOOKBACK = max(timedelta(days=4), *(rule.lookback for rule in RULES))
"""How far before the span segments are read: no outing that an order may still explain is longer than four days."""

FILLS_WITHIN = timedelta(hours=6)
"""A gap that nothing touched for so long is judged even if the vehicle's late readings never end."""


MOVED_M = 500
"""A vehicle that is so much farther after a gap, or whose odometer is, did not stand still in it."""


@dataclass(slots=True)
class Papers:
    """What was read of one vehicle. `held`: gaps, by id, of which nothing is said yet; `holding`: when those began of
    which late readings have just changed that. `shown_to`: up to when its running trip is in the database."""

    vehicle_id: int
    belonging: Belonging
    home: Home | None
    segments: list[Known] = field(default_factory=list)
    events: list[EventItem] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    sealings: list[Sealing] = field(default_factory=list)
    packed: dict[int, bytes] = field(default_factory=dict)
    running: dict[int, tuple[TrackPoint, ...]] = field(default_factory=dict)
    written_at: dict[int, datetime] = field(default_factory=dict)
    held: frozenset[int] = frozenset()
    holding: tuple[datetime, ...] = ()
    shown_to: datetime | None = None

    def organ_at(self, moment: datetime) -> int:
        """The organ that had it then."""
        return self.belonging.at(moment).organ_id

    def home_divisions_at(self, moment: datetime) -> frozenset[int]:
        division = self.belonging.at(moment).division
        return ALL_COUNTIES if division == CITY_CODE else frozenset({division})

    def track(self, trip_id: int) -> tuple[TrackPoint, ...]:
        if trip_id in self.running:
            return self.running[trip_id]
        packed = self.packed.get(trip_id)
        return () if packed is None else unpack(packed).points()


async def read_papers(
    connection: AsyncConnection, marks: Mapping[int, Mark], rulebook: Rulebook, now: datetime
) -> dict[int, Papers]:
    """Everything of these vehicles around their marks; a vehicle that is none any more is left out."""
    ids = sorted(marks)
    begin = min(one.begin for one in marks.values()) - LOOKBACK
    end = max(max(one.end, now) for one in marks.values()) + timedelta(seconds=1)
    papers = await _vehicles(connection, ids)
    await _segments(connection, papers, marks)
    await _hold(connection, papers, marks, now)
    await _grants(connection, papers, rulebook, begin, end)
    await _sealings(connection, papers, begin, end)
    await _tracks(connection, papers)
    await _events(connection, papers, begin)
    return papers


async def _vehicles(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, Papers]:
    statement = (
        select(
            *(vehicle.c.id, vehicle.c.organ_id, organ.c.division),
            *(vehicle.c.parking_lat_e7, vehicle.c.parking_lon_e7, vehicle.c.parking_area_id),
            *(area.c.centre_lat_e7, area.c.centre_lon_e7, area.c.ring_lat_e7, area.c.ring_lon_e7),
        )
        .select_from(
            vehicle.join(organ, organ.c.id == vehicle.c.organ_id).outerjoin(
                area, area.c.id == vehicle.c.parking_area_id
            )
        )
        .where(one_of(vehicle.c.id, ids))
    )
    spans = await read_spans(connection, ids)
    return {
        row["id"]: Papers(row["id"], Belonging(row["organ_id"], row["division"], spans.get(row["id"], [])), _home(row))
        for row in (await connection.execute(statement)).mappings()
    }


def _home(row: RowMapping) -> Home | None:
    """The point itself, else the middle of the designated area."""
    if row["parking_lat_e7"] is not None and row["parking_lon_e7"] is not None:
        return Home(row["parking_lat_e7"], row["parking_lon_e7"], row["parking_area_id"])
    if row["centre_lat_e7"] is not None:
        return Home(row["centre_lat_e7"], row["centre_lon_e7"], row["parking_area_id"])
    if row["ring_lat_e7"]:
        lat_e7, lon_e7 = (sum(row[name]) // len(row[name]) for name in ("ring_lat_e7", "ring_lon_e7"))
        return Home(lat_e7, lon_e7, row["parking_area_id"])
    return None


async def _segments(connection: AsyncConnection, papers: Mapping[int, Papers], marks: Mapping[int, Mark]) -> None:
    wanted = (
        func.unnest(
            literal(list(papers), ARRAY(Integer)),
            literal([marks[vehicle_id].begin - LOOKBACK for vehicle_id in papers], ARRAY(INSTANT)),
            literal([marks[vehicle_id].end + LOOKBACK for vehicle_id in papers], ARRAY(INSTANT)),
        )
        .table_valued(
            column("vehicle_id", Integer), column("first_at", INSTANT), column("last_at", INSTANT), name="wanted"
        )
        .render_derived()
    )
    for table, made in ((trip, trip_of), (stop, stop_of), (gap, gap_of)):
        statement = (
            select(table)
            .join(wanted, wanted.c.vehicle_id == table.c.vehicle_id)
            .where(
                table.c.started_at <= wanted.c.last_at,
                or_(table.c.running, table.c.started_at >= wanted.c.first_at, table.c.ended_at > wanted.c.first_at),
            )
        )
        for row in (await connection.execute(statement)).mappings():
            known = made(row)
            papers[row["vehicle_id"]].segments.append(known)
            if table is gap:
                papers[row["vehicle_id"]].written_at[known.id] = row["written_at"]
            elif table is trip and row["running"]:
                papers[row["vehicle_id"]].shown_to = row["known_to"]
    for one in papers.values():
        one.segments.sort(key=lambda known: (known.segment.started_us, known.segment.ended_us or 1 << 62))


async def _hold(
    connection: AsyncConnection, papers: Mapping[int, Papers], marks: Mapping[int, Mark], now: datetime
) -> None:
    """Says nothing yet of gaps that a vehicle's late readings may still fill."""
    waiting = await held(connection, list(papers), now)
    coming = await catching_up(connection, marks.values())
    for vehicle_id, one in papers.items():
        gaps = [known for known in one.segments if isinstance(known.segment, Gap)]
        begun = {known.id: from_us(known.segment.started_us) for known in gaps}
        already = {gap_id for gap_id, at in begun.items() if at in waiting.get(vehicle_id, ())}
        fresh = {gap_id for gap_id, at in one.written_at.items() if at > now - FILLS_WITHIN}
        new = fresh - already if vehicle_id in coming else set()
        one.held = frozenset(already | new)
        one.holding = tuple(begun[gap_id] for gap_id in new)


async def _grants(
    connection: AsyncConnection, papers: Mapping[int, Papers], rulebook: Rulebook, begin: datetime, end: datetime
) -> None:
    for order in await orders_of_vehicles(connection, papers, begin, end):
        for vehicle_id in {one.vehicle_id for one in order.assignments} & papers.keys():
            papers[vehicle_id].grants += order_grants(order, vehicle_id, rulebook)
            papers[vehicle_id].orders.append(order)
    for vehicle_id, grant in await task_grants(
        *(connection, papers, begin, end),
        divisions=counties_of,
        return_within_s=lambda one: _at(rulebook, "tasks.return_within_s", one.organ_id, one.created_at),
    ):
        papers[vehicle_id].grants.append(grant)
    span = Range(begin, end, bounds="[)")
    organs = {
        above for one in papers.values() for organ_id in one.belonging.organs for above in rulebook.lineage(organ_id)
    }
    statement = select(exemption).where(
        exemption.c.period.overlaps(span),
        or_(one_of(exemption.c.vehicle_id, list(papers)), one_of(exemption.c.organ_id, list(organs))),
    )
    rows = (await connection.execute(statement)).mappings().all()
    for one in papers.values():
        one.grants += [_exemption(row, end) for row in rows if row["vehicle_id"] == one.vehicle_id]
        for organ_id, since, until in one.belonging.periods():
            lineage = set(rulebook.lineage(organ_id))
            for row in rows:
                if row["organ_id"] in lineage:
                    grant = _exemption(row, end)
                    first, last = max(grant.begin, since), grant.end if until is None else min(grant.end, until)
                    if first < last:
                        one.grants.append(replace(grant, begin=first, end=last))


def order_grants(order: Order, vehicle_id: int, rulebook: Rulebook) -> tuple[Grant, ...]:
    """What the order allows the vehicle, by the policies of its organ."""
    return grants_of(
        order,
        vehicle_id,
        divisions=permitted_divisions,
        radius_m=order_policy(rulebook, "destination_deviation.radius_m", order),
        emergency_within_s=order_policy(rulebook, "emergency.approve_within_s", order),
    )


def permitted_divisions(plan: Plan) -> frozenset[int] | None:
    return counties_of(plan.area, plan.division)


def counties_of(permitted: PermittedArea, division: int | None) -> frozenset[int] | None:
    """County: the one named; city: all nine; wider areas are not told apart, for their borders are not known."""
    match permitted:
        case PermittedArea.COUNTY:
            return ALL_COUNTIES if division in {None, CITY_CODE} else frozenset({division or 0})
        case PermittedArea.CITY:
            return ALL_COUNTIES
    return None


def order_policy(rulebook: Rulebook, slug: str, order: Order) -> int:
    """The policy of the order's organ as it held when the order was submitted."""
    return _at(rulebook, slug, order.organ_id, order.submitted_at or order.created_at)


def _at(rulebook: Rulebook, slug: str, organ_id: int, at: datetime) -> int:
    return int(resolve(POLICIES[slug], rulebook.versions[slug], rulebook.lineage(organ_id), at).value)


def _exemption(row: RowMapping, end: datetime) -> Grant:
    period = row["period"]
    return Grant(
        kind=GrantKind.EXEMPTION,
        source_id=row["id"],
        number=None,
        version=row["version"],
        known_at=row["entered_at"],
        begin=period.lower or EPOCH,
        end=period.upper or end + timedelta(days=366),
    )


async def inferred_grants(
    connection: AsyncConnection, papers: Sequence[Papers], rulebook: Rulebook, begin: datetime, end: datetime
) -> dict[int, list[Grant]]:
    """For each vehicle, what orders of its organ allow other vehicles that stood still in the order's window: they made
    no trip, and no gap in which they moved."""
    had = {organ_id for one in papers for organ_id in one.belonging.organs}
    orders = await orders_of_organs(connection, had, begin, end)
    given = {one.vehicle_id for order in orders for one in order.assignments}
    if not given:
        return {}
    drove: dict[int, list[RowMapping]] = defaultdict(list)
    driven = or_(gap.c.was_moving, gap.c.odometer_m >= MOVED_M, gap.c.metres_apart >= MOVED_M)
    for table, driving in ((trip, true()), (gap, driven)):
        statement = select(table.c.vehicle_id, table.c.started_at, table.c.ended_at).where(
            one_of(table.c.vehicle_id, given),
            table.c.started_at < end,
            or_(table.c.running, table.c.ended_at > begin),
            driving,
        )
        for row in (await connection.execute(statement)).mappings():
            drove[row["vehicle_id"]].append(row)
    found: dict[int, list[Grant]] = defaultdict(list)
    for order in orders:
        for vehicle_id in {one.vehicle_id for one in order.assignments}:
            for grant in order_grants(order, vehicle_id, rulebook):
                moved = any(
                    row["started_at"] < grant.end and (row["ended_at"] is None or row["ended_at"] > grant.begin)
                    for row in drove[vehicle_id]
                )
                if moved or not grant.destinations:
                    continue
                for one in papers:
                    if one.organ_at(grant.begin) == order.organ_id and one.vehicle_id != vehicle_id:
                        found[one.vehicle_id].append(inferred(grant))
    return found


async def _sealings(connection: AsyncConnection, papers: Mapping[int, Papers], begin: datetime, end: datetime) -> None:
    statement = (
        select(sealing_list_vehicle.c.vehicle_id, sealing_list.c.id, sealing_list.c.name, sealing_list.c.period)
        .select_from(sealing_list_vehicle.join(sealing_list))
        .where(
            one_of(sealing_list_vehicle.c.vehicle_id, list(papers)),
            sealing_list.c.period.overlaps(Range(begin, end, bounds="[)")),
        )
        .order_by(sealing_list.c.id)
    )
    for row in await connection.execute(statement):
        sealing = Sealing(row.id, row.name, row.period.lower or EPOCH, row.period.upper)
        papers[row.vehicle_id].sealings.append(sealing)


async def _tracks(connection: AsyncConnection, papers: Mapping[int, Papers]) -> None:
    owner = {known.id: one for one in papers.values() for known in one.segments if hasattr(known.segment, "distance_m")}
    if not owner:
        return
    statement = select(trip_track.c.trip_id, trip_track.c.packed).where(
        trip_track.c.trip_id == any_(literal(sorted(owner), ARRAY(BigInteger)))
    )
    for row in await connection.execute(statement):
        owner[row.trip_id].packed[row.trip_id] = row.packed


EVENTS = text("""
select b.vehicle_id, e.observed_at, e.unit_id, e.run, e.seq, e.event, e.detail::text as detail, (
    select least(
        (select min(p.observed_at) from position_reading p where p.unit_id = e.unit_id
            and p.observed_at > e.observed_at and p.observed_at < e.observed_at + interval '1 day'),
        (select min(u.observed_at) from usage_reading u where u.unit_id = e.unit_id
            and u.observed_at > e.observed_at and u.observed_at < e.observed_at + interval '1 day')
    )
) as heard_again_at, (
    select min(lower(n.period)) from binding n
    where n.vehicle_id = b.vehicle_id and n.unit_id <> e.unit_id and lower(n.period) >= e.observed_at
) as replaced_at
from event_reading e join binding b on b.unit_id = e.unit_id and b.period @> e.observed_at
where b.vehicle_id = any(:ids) and e.observed_at >= :begin
    and e.event in ('power_cut', 'antenna_cut', 'unit_removed', 'unit_fitted')
order by e.observed_at, e.run, e.seq
""")


async def _events(connection: AsyncConnection, papers: Mapping[int, Papers], begin: datetime) -> None:
    found: dict[int, list[tuple[EventReading, datetime | None, datetime | None]]] = defaultdict(list)
    for row in await connection.execute(EVENTS, {"ids": list(papers), "begin": begin}):
        at_us = to_us(row.observed_at)
        event = EventReading(at_us, row.unit_id, row.run, row.seq, row.event, row.detail)
        found[row.vehicle_id].append((event, row.heard_again_at, row.replaced_at))
    for vehicle_id, events in found.items():
        papers[vehicle_id].events += [
            EventItem(event, tuple(later for later, *_ in events[number + 1 :]), heard, replaced)
            for number, (event, heard, replaced) in enumerate(events)
        ]


RUNNING = text("""
select b.vehicle_id, p.observed_at, p.lat_e7, p.lon_e7, p.speed_dkmh, p.altitude_m, p.odometer_m, p.ignition
from unnest(cast(:vehicles as int4[]), cast(:begins as timestamptz[])) as w (vehicle_id, begin_at)
join binding b on b.vehicle_id = w.vehicle_id
join position_reading p on p.unit_id = b.unit_id and p.observed_at >= w.begin_at and b.period @> p.observed_at
where p.observed_at >= :first and p.flags & 3 = 0
order by b.vehicle_id, p.observed_at, p.run, p.seq
""")


async def read_running_tracks(connection: AsyncConnection, papers: Mapping[int, Papers]) -> None:
    """The raw positions of trips that still run; their packed tracks come with their ends."""
    running = {
        one.vehicle_id: known
        for one in papers.values()
        for known in one.segments
        if hasattr(known.segment, "distance_m") and known.segment.ended_us is None
    }
    if not running:
        return
    begins = [from_us(known.segment.started_us) for known in running.values()]
    values = {"vehicles": list(running), "begins": begins, "first": min(begins)}
    points: dict[int, list[TrackPoint]] = defaultdict(list)
    for row in await connection.execute(RUNNING, values):
        at_us = to_us(row.observed_at)
        points[row.vehicle_id].append(
            TrackPoint(at_us, row.lat_e7, row.lon_e7, row.speed_dkmh, row.altitude_m, row.odometer_m, row.ignition)
        )
    for vehicle_id, known in running.items():
        papers[vehicle_id].running[known.id] = tuple(points[vehicle_id])
