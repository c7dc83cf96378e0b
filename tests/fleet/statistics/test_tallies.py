"""Tallies never show: whatever changes, in any order, and wherever the keeper stands, the reference says the same."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from fleet.statistics.base import Source
from fleet.statistics.registry import BY_SLUG
from fleet.store import history, tally_keeping
from fleet.store.rollups import refresh_days
from fleet.store.sources import TALLIES
from fleet.store.tables import vehicle
from fleet.store.tallies import read_held
from tests.fleet.statistics.city import DAYS, FIRST, ORGANS
from tests.fleet.statistics.stage import LAST, Stage, driver, late_trip_of

pytestmark = pytest.mark.store


# ---------------------------------------------------------------- what changes


async def late_trip(stage: Stage) -> None:
    """As the monitor writes it: trip and day in one transaction."""
    one = stage.city.draw.choice(stage.city.trips)
    one["distance_m"] += stage.city.draw.randrange(1, 50_000)
    async with stage.monitor.begin() as connection:
        await connection.execute(
            text("update trip set distance_m = :distance_m where id = :id"),
            {"distance_m": one["distance_m"], "id": one["id"]},
        )
        await refresh_days(await driver(connection), {(one["vehicle_id"], one["day"])})


async def trip_that_is_none(stage: Stage) -> None:
    """Late readings joined it to another: the row goes, and so may its day."""
    one = stage.city.trips.pop(stage.city.draw.randrange(len(stage.city.trips)))
    stage.city.verdicts[:] = [row for row in stage.city.verdicts if row["trip_id"] != one["id"]]
    async with stage.monitor.begin() as connection:
        for table, column in (("trip", "id"), ("verdict", "trip_id")):
            await connection.execute(text(f"delete from {table} where {column} = :id"), {"id": one["id"]})
        await refresh_days(await driver(connection), {(one["vehicle_id"], one["day"])})


async def another_verdict(stage: Stage) -> None:
    one = stage.city.draw.choice(stage.city.verdicts)
    one["kind"] = stage.city.draw.choice(("approved", "unapproved", "exempt"))
    async with stage.monitor.begin() as connection:
        await connection.execute(
            text("update verdict set kind = :kind where trip_id = :id"), {"kind": one["kind"], "id": one["trip_id"]}
        )


async def decided_case(stage: Stage) -> None:
    one = stage.city.draw.choice([row for row in stage.city.cases if row["state"] != "withdrawn"])
    decision = stage.city.draw.choice(("confirmed", "dismissed"))
    one["state"], one["steps"] = decision, (*one["steps"], decision)
    async with stage.api.begin() as connection:
        await connection.execute(
            text("update misuse_case set state = :state where id = :id"), {"state": decision, "id": one["id"]}
        )
        await connection.execute(
            text(
                "insert into case_step (case_id, n, at, command, state_before, state_after, data)"
                " values (:id, :n, now(), 'x', 'open', :state, '{}')"
            ),
            {"id": one["id"], "n": len(one["steps"]), "state": decision},
        )


async def decided_order(stage: Stage) -> None:
    waiting = [row for row in stage.city.orders if row["state"] == "submitted"]
    if not waiting:
        return
    one = stage.city.draw.choice(waiting)
    one["state"], one["decision"] = "assigned", "approved"
    one["decided_at"] = one["submitted_at"] + timedelta(hours=3)
    one["assigned_at"] = one["submitted_at"] + timedelta(hours=4)
    async with stage.api.begin() as connection:
        await connection.execute(
            text(
                "update dispatch_order set state = 'assigned', decision = 'approved', decided_at = :at where id = :id"
            ),
            {"at": one["decided_at"], "id": one["id"]},
        )
        await connection.execute(
            text("insert into order_assignment (order_id, vehicle_id, at, by_id) values (:id, 1, :at, 1)"),
            {"at": one["assigned_at"], "id": one["id"]},
        )


async def another_organ(stage: Stage) -> None:
    """As the registry does it, from a day on that may lie far back, before the vehicle's history even."""
    draw = stage.city.draw
    vehicle_id, organ_id = draw.choice(list(stage.city.vehicles)), draw.choice(list(ORGANS))
    new = {"organ_id": organ_id, "division": ORGANS[organ_id], "energy": draw.choice(("bev", "petrol"))}
    async with stage.api.begin() as connection:
        here = vehicle.c.id == vehicle_id
        before = (await connection.execute(vehicle.select().where(here))).mappings().one()
        after = (await connection.execute(vehicle.update().where(here).values(new).returning(vehicle))).mappings().one()
        on = FIRST + timedelta(days=draw.randrange(-50, DAYS))
        await history.change(connection, [(before, after)], on)
    await stage.read_registry()


async def secret_or_not(stage: Stage) -> None:
    vehicle_id = stage.city.draw.choice(list(stage.city.vehicles))
    async with stage.api.begin() as connection:
        await connection.execute(
            text("update vehicle set confidential = not confidential where id = :id"), {"id": vehicle_id}
        )
    await stage.read_registry()


async def another_division(stage: Stage) -> None:
    """By hand and without a history: days that no history covers count otherwise."""
    vehicle_id = stage.city.draw.choice(list(stage.city.vehicles))
    async with stage.owner.begin() as connection:
        await connection.execute(
            text("update vehicle set division = 530303, energy = 'diesel' where id = :id"), {"id": vehicle_id}
        )
    await stage.read_registry()


async def history_gone(stage: Stage) -> None:
    """Rows taken out by hand: their days count for what the vehicle is now."""
    vehicle_id = stage.city.draw.choice(list(stage.city.vehicles))
    async with stage.owner.begin() as connection:
        await connection.execute(text("set local role fleet_owner"))
        await connection.execute(
            text(
                "delete from vehicle_history where vehicle_id = :id and period = (select period from vehicle_history"
                " where vehicle_id = :id order by period limit 1)"
            ),
            {"id": vehicle_id},
        )
    await stage.read_registry()


async def kept(stage: Stage) -> None:
    await stage.keep()


async def kept_in_part(stage: Stage) -> None:
    await stage.keep(rounds=1)


async def another_day(stage: Stage) -> None:
    stage.now += timedelta(days=stage.city.draw.randrange(1, 20))
    await stage.keep(rounds=stage.city.draw.choice((1, 100)))


async def killed(stage: Stage) -> None:
    """The keeper ends between taking its notes and the commit."""
    before = await stage.due()
    async with stage.monitor.connect() as connection:
        await connection.begin()
        for source in TALLIES:
            await tally_keeping.make_again(connection, source)
        await connection.rollback()
    assert await stage.due() == before


CHANGES: tuple[Callable[[Stage], Awaitable[None]], ...] = (
    *(late_trip, trip_that_is_none, another_verdict, decided_case, decided_order, another_organ, secret_or_not),
    *(another_division, history_gone, kept, kept, kept_in_part, another_day, killed),
)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_in_whatever_order(stage: Stage, seed: int) -> None:
    draw = stage.city.draw = random.Random(seed)
    stage.now = datetime(2026, 2, 20, tzinfo=UTC)
    await stage.keep()
    await stage.assert_equal()
    changes = [*CHANGES, *draw.choices(CHANGES, k=4)]
    draw.shuffle(changes)
    for change in changes:
        await change(stage)
        await stage.assert_equal(questions=1)
    await stage.keep()
    assert await stage.due() == 0
    await stage.assert_equal(tuple(BY_SLUG), questions=2)


async def test_settled_days_are_read_from_tallies_alone(stage: Stage) -> None:
    """Else all these tests would prove nothing."""
    await stage.keep()
    async with stage.owner.begin() as connection:
        await connection.execute(text("set local role fleet_owner"))
        for table in (
            *("vehicle_day", "vehicle_month", "verdict", "case_step", "misuse_case", "order_assignment"),
            *("dispatch_order", "tally_due"),
        ):
            await connection.execute(text(f"delete from {table}"))
    await stage.assert_equal(("distance", "verdicts", "misuse_rate", "orders_served"))


async def test_who_writes_while_the_keeper_works_is_not_missed(stage: Stage) -> None:
    await stage.keep()
    one = stage.city.trips[0]
    async with stage.monitor.connect() as connection, connection.begin():
        await connection.execute(text("update trip set distance_m = 77 where id = :id"), {"id": one["id"]})
        await refresh_days(await driver(connection), {(one["vehicle_id"], one["day"])})
        other = next(row for row in stage.city.trips if row["vehicle_id"] != one["vehicle_id"])
        await late_trip_of(stage, other)
        assert await stage.keep() == 1
        await stage.assert_equal()
    one["distance_m"] = 77
    await stage.assert_equal()
    assert await stage.keep() == 1
    await stage.assert_equal()


async def test_the_horizon_waits_for_who_does_not_know_of_it(stage: Stage) -> None:
    """A transaction that began before would leave no note of the days that become settled."""
    one = stage.city.trips[0]
    async with stage.monitor.connect() as connection, connection.begin():
        await connection.execute(text("update trip set distance_m = 77 where id = :id"), {"id": one["id"]})
        await refresh_days(await driver(connection), {(one["vehicle_id"], one["day"])})
        assert await stage.keep() == 0
    one["distance_m"] = 77
    assert await stage.keep() > 0
    await stage.assert_equal()


async def test_today_leaves_no_notes_and_is_not_sealed(stage: Stage) -> None:
    one = stage.city.trips[-1]
    stage.now = one["started_at"] + timedelta(hours=1)
    await stage.keep()
    await late_trip_of(stage, one)
    assert await stage.due() == 0
    async with stage.api.begin() as connection:
        assert (await read_held(connection, FIRST, LAST)).sealed_to <= one["day"]
    await stage.assert_equal()


async def test_a_day_that_is_summed_up_to_the_same_leaves_no_notes(stage: Stage) -> None:
    """A stop that runs since yesterday has its first day summed up with every update."""
    await stage.keep()
    async with stage.monitor.begin() as connection:
        await refresh_days(await driver(connection), {(one["vehicle_id"], one["day"]) for one in stage.city.stops})
    assert await stage.due() == 0
    await late_trip(stage)
    assert await stage.due() > 0


async def test_what_changes_elsewhere_has_no_question_asked_again(stage: Stage) -> None:
    await stage.keep()
    await another_verdict(stage)
    async with stage.api.begin() as connection:
        assert (await read_held(connection, FIRST, LAST, [Source.VERDICTS])).marks
        assert not (await read_held(connection, FIRST, LAST, [Source.DAYS])).marks


async def test_a_bulk_of_notes_is_one_month_at_a_time_the_last_first(stage: Stage) -> None:
    await stage.keep()
    async with stage.owner.begin() as connection:
        await connection.execute(text("update vehicle set confidential = true"))
    async with stage.monitor.connect() as connection:
        months: list[date] = []
        while True:
            async with connection.begin():
                held = await read_held(connection, date(2000, 1, 1), LAST)
                if not held.due[Source.DAYS]:
                    break
                months.append(max(held.due[Source.DAYS]))
                await tally_keeping.make_again(connection, Source.DAYS)
    assert months[:3] == [date(2026, 4, 1), date(2026, 3, 1), date(2026, 2, 1)]
    assert len(months) <= 5
    await stage.read_registry()
    await stage.assert_equal()
