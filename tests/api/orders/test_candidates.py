"""Candidates over HTTP: out of the live fleet, within the caller's sight, and the same that an assignment accepts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.dialects.postgresql import Range, insert

from fleet.dispatch.fitness import need_of
from fleet.model.scope import CITY as EVERYTHING
from fleet.store import orders, orders_candidates, tables
from fleet.store.orders_candidates import asked_by
from tests.api.builders import LONG_AGO
from tests.api.orders.town import OURS, THEIRS, Town

pytestmark = pytest.mark.store


async def near(town: Town, vehicle_id: int, km: float, **state: Any) -> None:
    """The vehicle's unit, so far north of the origin, half full."""
    await town.world.unit(vehicle_id)
    await town.world.bind(vehicle_id, vehicle_id)
    lat_e7 = 254983400 + round(km * 89_932)
    usual = {"lat_e7": lat_e7, "lon_e7": 1038027300, "fuel_level_permille": 500, "soc_permille": 500}
    await town.world.states({"unit_id": vehicle_id, **usual, **state})


async def test_ranked_with_reasons_and_whoever_is_not_offered_is_counted(town: Town) -> None:
    world = town.world
    await world.execute_sql("update vehicle set tank_ml = 50000")
    await world.vehicle(14, organ=OURS, fitted=False, energy="bev", rated_range_km=400, battery_wh=60_000)
    await world.vehicle(15, organ=OURS, fitted=False, status="repair")
    await world.vehicle(16, organ=OURS, fitted=False, status="retired")
    await world.vehicle(17, organ=OURS, fitted=False, confidential=True)
    await world.vehicle(33, organ=THEIRS, fitted=False, management="platform", tank_ml=50_000)
    for vehicle_id, km in ((11, 1), (12, 60), (13, 1), (14, 2), (33, 1)):
        await near(town, vehicle_id, km)
    order_id = await town.approved()
    blocking = await town.assigned(13, 23)
    path = f"orders/{order_id}/candidates"
    ours = await town.ok("clerk", "GET", path)
    assert [(one["rank"], one["vehicle"]["id"]) for one in ours["items"]] == [(1, 14), (2, 11), (3, 12)]
    assert (ours["considered"], ours["offered"]) == (5, 3), "of ours, without the retired and the confidential one"
    assert ours["not_offered"] == {"in_repair": 1, "taken": 1}
    first = ours["items"][0]
    assert first["new_energy"]
    assert [one["code"] for one in first["reasons"]][:4] == ["free", "own_organ", "seats_enough", "distance_km"]
    assert all(set(one) == {"code", "value", "zh", "en"} for one in first["reasons"])
    assert first["distance_km"] == pytest.approx(2.8, abs=0.1)
    assert [one["driver"]["id"] for one in ours["drivers"]] == [21, 22]

    city = await town.ok("city", "GET", path)
    assert [one["vehicle"]["id"] for one in city["items"]] == [14, 11, 12, 33], "the pool after one's own"
    assert city["not_offered"] == {"in_repair": 1, "of_another_organ": 1, "taken": 1}
    assert city["considered"] == 7

    taken = await town.ok("clerk", "GET", f"{path}/13")
    held = (await town.ok("clerk", "GET", f"orders/{blocking}"))["number"]
    assert (taken["offered"], taken["rank"]) == (False, None)
    assert [(one["code"], one["value"]) for one in taken["refusals"]] == [("taken", held)]
    assert held in taken["refusals"][0]["en"]
    far = await town.ok("clerk", "GET", f"{path}/12")
    assert (far["offered"], far["rank"]) == (True, 3)
    other = await town.ok("city", "GET", f"{path}/31")
    assert [one["code"] for one in other["refusals"]] == ["of_another_organ"]
    for hidden in (16, 17, 31, 9999):
        assert (await town.call("clerk", "GET", f"{path}/{hidden}")).status_code == 404
    assert (await town.call("their-clerk", "GET", path)).status_code == 404
    assert (await town.call("approver", "GET", path)).status_code == 403


async def test_who_may_drive_a_vehicle_and_who_may_not(town: Town) -> None:
    await town.world.vehicle(18, organ=OURS, fitted=False, body="bus", seats=19)
    await town.driver(24, OURS, licence_class="A1")
    await town.assigned(12, 22)
    await town.ok("clerk", "POST", f"orders/{await town.approved()}/assign", {"vehicle_id": 13, "driver_id": 23})
    order_id = await town.approved(**town.later(5))
    found = await town.ok("clerk", "GET", f"orders/{order_id}/candidates/11")
    assert [(one["driver"]["id"], one["rank"]) for one in found["drivers"]] == [(21, 1), (24, 2), (22, 3), (23, 4)]
    bus = await town.ok("clerk", "GET", f"orders/{order_id}/candidates/18")
    assert bus["offered"]
    assert [one["driver"]["id"] for one in bus["drivers"] if one["offered"]] == [24]
    assert bus["drivers"][1]["refusals"][0]["code"] == "licence_unfit"
    present = await town.approved()
    busy = await town.ok("clerk", "GET", f"orders/{present}/candidates/11")
    refusals = {one["driver"]["id"]: [each["code"] for each in one["refusals"]] for one in busy["drivers"]}
    assert refusals == {21: [], 24: [], 22: ["taken"], 23: ["taken"]}


async def test_what_is_offered_may_be_assigned_and_what_is_not_is_refused(town: Town) -> None:
    world = town.world
    await world.vehicle(14, organ=OURS, fitted=False, status="sealed")
    await world.vehicle(15, organ=OURS, fitted=False, seats=2)
    await world.vehicle(33, organ=THEIRS, fitted=False, management="platform")
    now = world.clock()
    await world.execute(
        insert(tables.sealing_list).values(
            id=5,
            organ_id=OURS,
            name="国庆封存",
            why="假日",
            period=Range(now - timedelta(days=1), now + timedelta(days=1)),
        )
    )
    await world.execute(insert(tables.sealing_list_vehicle).values(list_id=5, vehicle_id=12))
    await town.assigned(13, 23)
    order_id = await town.approved()
    offered: dict[int, bool] = {}
    for vehicle_id in (11, 12, 13, 14, 15, 31, 33):
        found = await town.ok("city", "GET", f"orders/{order_id}/candidates/{vehicle_id}")
        answer = await town.call("city", "POST", f"orders/{order_id}/assign", {"vehicle_id": vehicle_id})
        assert found["offered"] == answer.is_success, (vehicle_id, found["refusals"], answer.text)
        offered[vehicle_id] = found["offered"]
        if answer.is_success:
            await town.ok("city", "POST", f"orders/{order_id}/assign", {"vehicles": []})
    assert [vehicle_id for vehicle_id, fine in offered.items() if fine] == [11, 33]


async def test_what_the_store_counts_is_what_the_rules_say(town: Town) -> None:
    """Two things are counted by the database for speed: drivers who are free, vehicles out of reach."""
    world = town.world
    day = (world.clock() + timedelta(days=1)).date()
    await town.driver(24, OURS, licence_expires_on=day - timedelta(days=3))
    await town.driver(25, OURS, licence_class="A1")
    await town.driver(26, OURS, retired_on=day - timedelta(days=3))
    await town.driver(27, OURS, retired_on=day + timedelta(days=3))
    await world.vehicle(33, organ=THEIRS, fitted=False, management="platform")
    await town.assigned(13, 23)
    order_id = await town.approved()
    now = world.clock()
    async with world.engine.begin() as connection:
        stored = await orders.find_order(connection, order_id, scope=EVERYTHING)
        assert stored is not None
        asked, need = asked_by(stored.order), need_of(stored.order, stored.organ_division)
        free = await orders_candidates.free_drivers(connection, asked, scope=EVERYTHING, last_day=need.last_day)
        others = await orders_candidates.others_vehicles(connection, asked, scope=EVERYTHING)
        known = await orders_candidates.situation(connection, asked, scope=EVERYTHING, now=now, fair_days=30)
        drivers = await orders_candidates.drivers_as_they_are(
            connection, asked, scope=EVERYTHING, now=now, known=known, organs=[OURS, THEIRS]
        )
        found = await orders_candidates.vehicles_as_they_are(connection, asked, scope=EVERYTHING, now=now, known=known)
    assert free == {OURS: {"C1": 3, "A1": 1}, THEIRS: {"C1": 1}}
    assert {one.facts.id for one in drivers} == {21, 22, 23, 24, 25, 27, 41}
    assert others == 1
    assert [one.facts.id for one in found] == [11, 12, 13, 33]
    assert found[2].taken is not None
    assert (found[2].uses, found[0].uses) == (1, 0)


async def test_an_old_binding_and_an_impossible_place_say_nothing(town: Town) -> None:
    await near(town, 11, 1, flags=1, lat_e7=0, lon_e7=0)
    await town.world.unit(12)
    await town.world.bind(12, 12, LONG_AGO, LONG_AGO + timedelta(days=1))
    await town.world.states({"unit_id": 12})
    order_id = await town.approved()
    for vehicle_id in (11, 12):
        found = await town.ok("clerk", "GET", f"orders/{order_id}/candidates/{vehicle_id}")
        assert found["distance_km"] is None
        assert "position_unknown" in [one["code"] for one in found["doubts"]]
