"""A city with two organs that may not see each other: what is another's carries marks that stand nowhere else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.dialects.postgresql import Range, insert

from fleet.model.readings import Kind
from fleet.model.registry import Role
from fleet.store import tables
from tests.api.builders import LONG_AGO, World
from tests.api.case_rows import case
from tests.api.journeys import Journeys, fixes

CITY, OURS, BELOW, THEIRS = 1, 2, 21, 3003
CITYS_AREA = 4
THEIR_VEHICLE, OUR_SECRET = 7713, 8814
MARKS = ("7713", "3003")
"""In every plate, code, name, label and coordinate of theirs."""

SECRET_MARK = "8814"

OPEN_NAMES = {"slug": "unapproved_trip.radius_m", "statistic": "distance"}
"""Names that everybody may use; what they lead to may belong to somebody."""

DRIVEN_AT = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


@pytest.fixture
async def city(world: World) -> World:
    now = world.clock()
    await world.organ(CITY, kind="city", division=530300)
    await world.organ(OURS, parent_id=CITY)
    await world.organ(BELOW, parent_id=OURS)
    await world.organ(THEIRS, parent_id=CITY)
    await world.vehicle(11, organ=OURS)
    await world.vehicle(12, organ=BELOW)
    await world.vehicle(OUR_SECRET, organ=OURS, confidential=True)
    await world.vehicle(THEIR_VEHICLE, organ=THEIRS, vin="LFV3A23C0J3177713", fitted=False)
    await world.unit(THEIR_VEHICLE)
    await world.execute(
        insert(tables.binding).values(
            id=THEIR_VEHICLE, unit_id=THEIR_VEHICLE, vehicle_id=THEIR_VEHICLE, period=Range(LONG_AGO, None)
        )
    )
    await world.states(
        {"unit_id": 11},
        {"unit_id": 12},
        {"unit_id": OUR_SECRET, "lat_e7": 258814000},
        {"unit_id": THEIR_VEHICLE, "lat_e7": 257713000},
    )
    hour = now.replace(minute=0, second=0, microsecond=0)
    for unit_id, count in ((11, 5), (12, 6), (OUR_SECRET, 8814), (THEIR_VEHICLE, 7713)):
        await world.positions(
            unit_id, [{"observed_at": now - timedelta(minutes=5), "lat_e7": unit_id * 10_000 + 250000000}]
        )
        await world.booked(hour, unit_id, Kind.POSITION, count, count, 0, 0)
        await world.received(f"U{unit_id}", "{[0,3),[5,9)}")
        await world.refused(unit_id, unit_id=unit_id, topic=f"fleet/v1/530302/U{unit_id}/position")
    await world.refused(3003, unit_id=0, topic="fleet/v1/530302/U3003-unknown/position")
    journeys = Journeys(world)
    for vehicle_id, organ_id in ((11, OURS), (12, BELOW), (OUR_SECRET, OURS), (THEIR_VEHICLE, THEIRS)):
        one, two, three = (DRIVEN_AT + timedelta(hours=n) for n in (1, 2, 3))
        await journeys.trip(vehicle_id, DRIVEN_AT, fixes(DRIVEN_AT, (0, 0), (90, 0)), organ_id=organ_id)
        await journeys.stop(vehicle_id, one, two, organ_id=organ_id)
        await journeys.gap(vehicle_id, two, three, organ_id=organ_id)
        await journeys.trip(vehicle_id, three, fixes(three, (0, 0)), organ_id=organ_id, running=True)
    await world.execute(
        insert(tables.driver).values(
            id=THEIR_VEHICLE,
            label="驾驶员 7713",
            organ_id=THEIRS,
            licence_class="C1",
            licence_expires_on=now.date(),
            phone="0000007713",
        )
    )
    await world.execute(
        insert(tables.area).values(
            id=THEIR_VEHICLE,
            name="停车场 7713",
            purpose="parking",
            organ_id=THEIRS,
            centre_lat_e7=257713000,
            centre_lon_e7=1037713000,
            radius_m=50,
            period=Range(LONG_AGO, None),
        )
    )
    since = Range(LONG_AGO, None)
    for statement in (
        insert(tables.area).values(
            id=CITYS_AREA,
            name="全市",
            purpose="restricted",
            centre_lat_e7=255000000,
            centre_lon_e7=1038000000,
            radius_m=50,
            period=since,
        ),
        insert(tables.fuel_card).values(
            id=THEIR_VEHICLE, card="9900-7713", vehicle_id=THEIR_VEHICLE, period=Range(LONG_AGO.date(), None)
        ),
        insert(tables.energy_import).values(id=1, kind="fuel", at=now, who="x", sha256="x", records=2),
        *(
            insert(tables.fuel_record).values(
                import_id=1, vehicle_id=one, card=f"9900-{one}", at=now, fuel="petrol", product="x", ml=1, cost_fen=1
            )
            for one in (THEIR_VEHICLE, OUR_SECRET)
        ),
        insert(tables.charging_record).values(
            import_id=1,
            vehicle_id=THEIR_VEHICLE,
            begin_at=now - timedelta(hours=2),
            end_at=now,
            wh=7713,
            station="7713",
        ),
        insert(tables.sealing_list).values(id=THEIR_VEHICLE, organ_id=THEIRS, name="7713", period=since, why="7713"),
        insert(tables.sealing_list_vehicle).values(list_id=THEIR_VEHICLE, vehicle_id=THEIR_VEHICLE),
        insert(tables.exemption).values(
            id=THEIR_VEHICLE, vehicle_id=THEIR_VEHICLE, kind="rescue", period=since, why="7713"
        ),
        insert(tables.calendar_entry).values(
            id=THEIR_VEHICLE, organ_id=THEIRS, day=date(2026, 7, 13), worked=False, name="7713"
        ),
        insert(tables.policy_value).values(
            slug=OPEN_NAMES["slug"], organ_id=THEIRS, value=77, effective_from=LONG_AGO, who="x", why="7713"
        ),
    ):
        await world.execute(statement)
    await ordered(world, THEIR_VEHICLE, THEIRS, THEIR_VEHICLE)
    await ordered(world, 5, OURS, OUR_SECRET)
    await called(world, THEIR_VEHICLE, THEIRS, THEIR_VEHICLE)
    await called(world, 5, OURS, OUR_SECRET)
    await case(world, THEIR_VEHICLE, THEIRS, vehicle_id=THEIR_VEHICLE)
    await case(world, 5, OURS, vehicle_id=OUR_SECRET)
    return world


async def ordered(world: World, order_id: int, organ: int, vehicle: int) -> None:
    """An order of the organ that has the vehicle, with its booking and history."""
    applicant = await world.account(f"applicant-{order_id}", Role.ORGAN_MANAGER, organ=organ)
    now = world.clock()
    window = Range(now - timedelta(hours=1), now + timedelta(hours=1), bounds="[)")
    place_e7 = {"lat_e7": 250000000 + order_id * 1000, "lon_e7": 1030000000 + order_id * 1000}
    place = {"name": f"某地 {order_id}", **place_e7, "area_id": None}
    given = {"vehicle_id": vehicle, "driver_id": None}
    for statement in (
        insert(tables.dispatch_order).values(
            id=order_id,
            organ_id=organ,
            number=f"O{organ}-2026-{order_id:04d}",
            number_year=2026,
            number_n=order_id,
            applicant_id=applicant,
            submitter_id=applicant,
            created_at=now,
            submitted_at=now,
            state="assigned",
            purpose="other",
            facts={"description": f"{order_id}"},
            emergency=True,
            bodies=[],
            equipment=[],
            period=window,
            area="city",
            origin=place,
            destinations=[place],
            passengers=1,
            round=1,
            levels=1,
            decision="pending",
            effective_period=window,
        ),
        insert(tables.order_assignment).values(order_id=order_id, **given, at=now, by_id=applicant),
        insert(tables.booking).values(order_id=order_id, **given, period=window),
        insert(tables.unit_command).values(
            id=order_id,
            kind="order",
            content={},
            vehicle_id=vehicle,
            order_id=order_id,
            created_at=now,
            next_at=now,
            expires_at=window.upper,
        ),
        insert(tables.order_event).values(
            order_id=order_id,
            n=1,
            at=now,
            account_id=applicant,
            role="organ_manager",
            command="assign",
            state_before="submitted",
            state_after="assigned",
            before={"assignments": []},
            after={"assignments": [given]},
        ),
    ):
        await world.execute(statement)


async def called(world: World, task_id: int, organ: int, vehicle: int) -> None:
    """A task force of the organ that has called the vehicle."""
    commander = await world.account(f"commander-{task_id}", Role.ORGAN_DISPATCHER, organ=organ)
    now = world.clock()
    place = {"name": f"某地 {task_id}", "lat_e7": 250000000, "lon_e7": 1030000000, "area_id": None}
    for statement in (
        insert(tables.task).values(
            id=task_id,
            organ_id=organ,
            number=f"O{organ}-2026-T{task_id:03d}",
            number_year=2026,
            number_n=task_id,
            commander_id=commander,
            created_at=now,
            title=f"任务 {task_id}",
            why=f"{task_id}",
            place=place,
            radius_m=1_000,
            period=Range(now, now + timedelta(hours=2), bounds="[)"),
            area="city",
            approve_by=now,
            decision="pending",
        ),
        insert(tables.task_need).values(task_id=task_id, n=1, bodies=[], equipment=[], seats=0, count=1),
        insert(tables.task_call).values(
            task_id=task_id, need=1, vehicle_id=vehicle, called_at=now, answer_by=now + timedelta(seconds=25)
        ),
    ):
        await world.execute(statement)
