"""A random small city: vehicles that change organ, energy and status within the period, their trips and the rest."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy import Connection, insert, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from fleet.model.trips import CutKind
from fleet.settings import assume_role
from fleet.store import tables
from fleet.store.pool import create_engine
from fleet.store.rollups import refresh_days
from tests.api.journeys import cut, day_of, segment_id

FIRST = date(2026, 1, 20)
DAYS = 80
ORGANS = {1: 530300, 2: 530302, 3: 530302, 4: 530303}
PARENTS = {1: None, 2: 1, 3: 2, 4: 1}


@dataclass(slots=True)
class Random:
    """Rows as they were written, for a reference that reads nothing else."""

    draw: random.Random
    vehicles: dict[int, dict[str, Any]] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    trips: list[dict[str, Any]] = field(default_factory=list)
    stops: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[dict[str, Any]] = field(default_factory=list)
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    policies: list[dict[str, Any]] = field(default_factory=list)
    hours: list[dict[str, Any]] = field(default_factory=list)
    cards: list[dict[str, Any]] = field(default_factory=list)
    refuels: list[dict[str, Any]] = field(default_factory=list)
    charges: list[dict[str, Any]] = field(default_factory=list)

    def attributes(self, vehicle_id: int, day: date) -> dict[str, Any]:
        """What the vehicle was on the day; before its history, what it is now."""
        for row in self.history:
            period = row["period"]
            if row["vehicle_id"] == vehicle_id and period.lower <= day and (period.upper is None or day < period.upper):
                return row
        return self.vehicles[vehicle_id]


def made(seed: int) -> Random:
    city = Random(random.Random(seed))
    for vehicle_id in range(1, 8):
        _vehicle(city, vehicle_id)
        _life(city, vehicle_id)
    for number in range(1, 30):
        _order(city, number)
    _purchases(city)
    for slug, values in (("petrol_fen_per_l", (780, 800, 815)), ("electricity_fen_per_kwh", (80, 60))):
        for value in values:
            city.policies.append(
                {
                    "slug": f"statistics.{slug}",
                    "organ_id": city.draw.choice((None, 2, 3)),
                    "value": value,
                    "effective_from": _moment(city),
                    "who": "test",
                    "why": "test",
                }
            )
    for hour in range(0, DAYS * 24, 5):
        parts = [city.draw.randrange(1_000) for _ in range(3)]
        at = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(hours=hour)
        counts = dict(zip(("stored", "duplicate", "quarantined"), parts, strict=True))
        city.hours.append({"hour": at, "kind": 1, "received": sum(parts), **counts})
    return city


def _moment(city: Random) -> datetime:
    begin = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    return begin + timedelta(seconds=city.draw.randrange(DAYS * 86_400))


def _some_attributes(city: Random) -> dict[str, Any]:
    organ_id = city.draw.choice(list(ORGANS))
    return {
        "organ_id": organ_id,
        "division": ORGANS[organ_id],
        "use": city.draw.choice(("communications", "law_enforcement", "other")),
        "management": city.draw.choice(("retained", "platform")),
        "energy": city.draw.choice(("petrol", "diesel", "hev", "phev", "bev")),
        "status": city.draw.choice(("in_service", "in_service", "in_service", "repair", "sealed", "retired")),
    }


def _vehicle(city: Random, vehicle_id: int) -> None:
    draw = city.draw
    begins = FIRST + timedelta(days=draw.randrange(-40, DAYS))
    borders = sorted({begins, *(begins + timedelta(days=draw.randrange(1, 60)) for _ in range(draw.randrange(3)))})
    for number, border in enumerate(borders):
        after = borders[number + 1] if number + 1 < len(borders) else None
        row = {"vehicle_id": vehicle_id, "period": Range(border, after, bounds="[)"), **_some_attributes(city)}
        city.history.append(row)
    now = {name: value for name, value in city.history[-1].items() if name not in {"vehicle_id", "period"}}
    city.vehicles[vehicle_id] = {
        "id": vehicle_id,
        "plate": f"云D{vehicle_id:05d}",
        "body": "saloon",
        "seats": 5,
        "registered_on": begins,
        **now,
    }


def _life(city: Random, vehicle_id: int) -> None:
    """Trips, stops and gaps, one after the other, some over midnight and over 04:00."""
    draw = city.draw
    at = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    end = at + timedelta(days=DAYS)
    while at < end:
        ends = at + timedelta(seconds=draw.randrange(600, 3 * 86_400))
        head = {
            "id": segment_id(vehicle_id, at),
            "version": 1,
            "vehicle_id": vehicle_id,
            "day": day_of(at),
            "started_at": at,
            "ended_at": ends,
            "known_to": ends,
            "written_at": at,
            "running": False,
        }
        kind = draw.choice(("trip", "stop", "gap"))
        if kind == "trip":
            _trip(city, head, vehicle_id)
        elif kind == "stop":
            city.stops.append(head)
        else:
            city.gaps.append(head | {"odometer_m": draw.choice((None, draw.randrange(50_000)))})
        at = ends


def _trip(city: Random, head: dict[str, Any], vehicle_id: int) -> None:
    draw = city.draw
    figures = {name: draw.randrange(5_000) for name in ("driving_s", "idle_s", "standing_s", "silent_s")}
    known: dict[str, Any] = {
        "odometer_distance_m": draw.choice((None, draw.randrange(200_000))),
        "fuel_ml": draw.choice((None, draw.randrange(20_000))),
        "energy_wh": draw.choice((None, draw.randrange(60_000))),
    }
    known["fuel_method"] = None if known["fuel_ml"] is None else draw.choice(("counter", "level"))
    known["energy_method"] = None if known["energy_wh"] is None else draw.choice(("counter", "soc"))
    city.trips.append(head | figures | known | {"distance_m": draw.randrange(200_000)})
    if draw.random() < 0.8:
        kinds = ("approved", "approved_with_deviation", "emergency_pending", "exempt", "undetermined", "unapproved")
        city.verdicts.append(
            {
                "trip_id": head["id"],
                "version": 1,
                "vehicle_id": vehicle_id,
                "organ_id": 1,
                "started_at": head["started_at"],
                "kind": draw.choice(kinds),
                "deviations": [],
                "reasons": [],
                "grants": [],
                "uncovered": [],
                "covered_late": [],
                "provisional": False,
                "judged_at": head["ended_at"],
                "why": "live",
            }
        )
    if draw.random() < 0.3:
        state, steps = draw.choice(
            (
                *(("open", ()), ("withdrawn", ()), ("confirmed", ("confirmed",)), ("closed", ("confirmed", "closed"))),
                *(("closed", ("dismissed", "closed")), ("assigned", ("confirmed", "closed", "assigned"))),
            )
        )
        number = len(city.cases) + 1
        city.cases.append(
            {
                "id": number,
                "number": f"XS-2026-{number:06}",
                "vehicle_id": vehicle_id,
                "organ_id": 1,
                "division": 530300,
                "state": state,
                "severity": "red",
                "begin_at": head["started_at"],
                "opened_at": head["ended_at"],
                "rules": [],
                "findings": 1,
                "withdrawn": 0,
                "steps": steps,
            }
        )


def _order(city: Random, number: int) -> None:
    draw = city.draw
    submitted = _moment(city)
    begin = submitted + timedelta(hours=draw.randrange(1, 40))
    state, decision = draw.choice(
        (
            *(("submitted", "pending"), ("cancelled", "pending"), ("rejected", "rejected"), ("approved", "approved")),
            *(("assigned", "approved"), ("settled", "approved"), ("cancelled", "approved")),
        )
    )
    decided = None if decision == "pending" else submitted + timedelta(hours=draw.randrange(1, 60))
    assigned = state in {"assigned", "settled"}
    city.orders.append(
        {
            "id": number,
            "organ_id": draw.choice(list(ORGANS)),
            "submitted_at": submitted,
            "begin": begin,
            "state": state,
            "decision": decision,
            "decided_at": decided,
            "assigned_at": submitted + timedelta(hours=draw.randrange(1, 60)) if assigned else None,
        }
    )


def _purchases(city: Random) -> None:
    """Cards that change vehicles within the period, and what was bought with them and at piles."""
    draw = city.draw
    for number in range(1, 5):
        first, other = draw.sample(sorted(city.vehicles), k=2)
        border = FIRST + timedelta(days=draw.randrange(10, DAYS))
        for vehicle_id, period in ((first, (None, border)), (other, (border, None))):
            card = {"card": f"card {number}", "vehicle_id": vehicle_id, "period": Range(*period, bounds="[)")}
            if not any(one["vehicle_id"] == vehicle_id for one in city.cards):
                city.cards.append(card)
    cards = sorted({one["card"] for one in city.cards})
    for number in range(40):
        fuel = draw.choice(("petrol", "petrol", "diesel", "gas"))
        ml = draw.choice((-20_000, 30_000, 45_678))
        values = {"card": draw.choice(cards), "vehicle_id": draw.choice(sorted(city.vehicles)), "number": f"r{number}"}
        city.refuels.append(
            values | {"at": _moment(city), "fuel": fuel, "product": fuel, "ml": ml, "cost_fen": ml // 2}
        )
        begin = _moment(city)
        wh = draw.randrange(1, 60_000)
        values = {"vehicle_id": draw.choice(sorted(city.vehicles)), "number": f"c{number}", "wh": wh}
        values |= {"begin_at": begin, "end_at": begin + timedelta(hours=3), "cost_fen": draw.choice((None, wh // 10))}
        city.charges.append(values)


async def write(city: Random, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(_rows, city)
        driver: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection  # type: ignore[assignment]
        touched = {
            (one["vehicle_id"], one["day"] + timedelta(days=n))
            for one in (*city.trips, *city.stops, *city.gaps)
            for n in range((one["ended_at"] - one["started_at"]).days + 2)
        }
        await refresh_days(driver, touched)


def _rows(connection: Connection, city: Random) -> None:
    for organ_id, division in ORGANS.items():
        values: dict[str, Any] = {"code": f"O{organ_id}", "name": f"单位{organ_id}", "kind": "government"}
        values |= {"id": organ_id, "division": division, "parent_id": PARENTS[organ_id]}
        connection.execute(insert(tables.organ).values(values))
    connection.execute(
        insert(tables.account).values(id=1, username="someone", password_hash="x", role="organ_dispatcher", organ_id=1)
    )
    connection.execute(insert(tables.vehicle), list(city.vehicles.values()))
    connection.execute(insert(tables.vehicle_history), city.history)
    connection.execute(insert(tables.policy_value), city.policies)
    connection.execute(insert(tables.ledger_hour), city.hours)
    head = {"at": datetime(2026, 4, 30, tzinfo=UTC), "who": "test", "sha256": "", "records": 0}
    connection.execute(insert(tables.energy_import).values(id=1, kind="fuel", **head))
    connection.execute(insert(tables.fuel_card), city.cards)
    connection.execute(insert(tables.fuel_record), [{**one, "import_id": 1} for one in city.refuels])
    connection.execute(insert(tables.charging_record), [{**one, "import_id": 1} for one in city.charges])
    place = {"lat_e7": 255_000_000, "lon_e7": 1_038_000_000}
    empty = {"division": 530302, "organ_id": 1}
    ends = {
        "begin_cut": cut(CutKind.IGNITION_ON, datetime(2026, 1, 1, tzinfo=UTC)),
        "unit_ids": [],
        "positions": 0,
        "doubts": 0,
    }
    for one in city.trips:
        connection.execute(
            insert(tables.trip).values(
                **one,
                **empty,
                **ends,
                origin_lat_e7=place["lat_e7"],
                origin_lon_e7=place["lon_e7"],
                origin_division=530302,
                divisions=[],
                bridged=[],
                set_aside=[],
                set_aside_count=0,
            )
        )
    for one in city.stops:
        connection.execute(
            insert(tables.stop).values(
                **one, **empty, **ends, **place, place_division=530302, radius_m=1, ignition_on_s=0
            )
        )
    for one in city.gaps:
        at = {"before_lat_e7": place["lat_e7"], "before_lon_e7": place["lon_e7"], "before_division": 530302}
        connection.execute(insert(tables.gap).values(**one, **empty, **at, metres_apart=None, was_moving=False))
    if city.verdicts:
        connection.execute(insert(tables.verdict), city.verdicts)
    for one in city.cases:
        connection.execute(insert(tables.misuse_case).values({k: v for k, v in one.items() if k != "steps"}))
        for n, state in enumerate(one["steps"], start=1):
            connection.execute(
                insert(tables.case_step).values(
                    case_id=one["id"],
                    n=n,
                    at=one["opened_at"],
                    command="decided",
                    state_before="open",
                    state_after=state,
                    data={},
                )
            )
    for one in city.orders:
        _write_order(connection, one, place)


def _write_order(connection: Connection, one: dict[str, Any], place: dict[str, int]) -> None:
    window = Range(one["begin"], one["begin"] + timedelta(hours=4), bounds="[)")
    where = {"name": "某地", "area_id": None, **place}
    connection.execute(
        insert(tables.dispatch_order).values(
            id=one["id"],
            organ_id=one["organ_id"],
            number=f"O-{one['id']}",
            number_year=2026,
            number_n=one["id"],
            applicant_id=1,
            submitter_id=1,
            created_at=one["submitted_at"],
            submitted_at=one["submitted_at"],
            state=one["state"],
            purpose="meeting",
            facts={},
            emergency=False,
            bodies=[],
            equipment=[],
            period=window,
            effective_period=window,
            area="city",
            origin=where,
            destinations=[where],
            passengers=1,
            round=1,
            levels=1,
            decision=one["decision"],
            decided_at=one["decided_at"],
        )
    )
    if one["assigned_at"] is not None:
        connection.execute(
            insert(tables.order_assignment).values(order_id=one["id"], vehicle_id=1, at=one["assigned_at"], by_id=1)
        )


async def change_a_trip(engine: AsyncEngine, city: Random) -> None:
    """Late data: a trip becomes longer, and its day and month are made again."""
    one = city.draw.choice(city.trips)
    one["distance_m"] += 12_345
    async with engine.begin() as connection:
        await connection.execute(
            text("update trip set distance_m = :distance where id = :id"),
            {"distance": one["distance_m"], "id": one["id"]},
        )
        driver: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection  # type: ignore[assignment]
        await refresh_days(driver, {(one["vehicle_id"], one["day"])})


async def before_and_after_late_data(
    database_url: str, seed: int, assert_equal: Callable[[AsyncConnection, Random], Awaitable[None]]
) -> None:
    """Writes a random city, asks as the API does, changes a trip, asks again."""
    city = made(seed)
    owner, engine = create_engine(database_url), create_engine(assume_role(database_url, "fleet_api"))
    try:
        await write(city, owner)
        async with engine.begin() as connection:
            await assert_equal(connection, city)
        await change_a_trip(owner, city)
        async with engine.begin() as connection:
            await assert_equal(connection, city)
    finally:
        await owner.dispose()
        await engine.dispose()
