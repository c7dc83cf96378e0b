"""Units that are replaced: the vehicle stands, the registry knows first, and neither unit says what is not its own."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from fleet.local.mosquitto import Mosquitto
from fleet.model.registry import Role
from simulators.clock import Clock
from simulators.faults import PROFILES
from simulators.fleet import Fleet, held
from simulators.onboard import MeasuringUnit, Play
from simulators.registrar import Registrar
from simulators.roster import ApiAccount, UnitSpec, fetch_roster, read_credentials
from simulators.truth import TruthFile
from simulators.vehicle import Vehicle
from simulators.workshop import (
    ENTERED_BEFORE_S,
    TRIED_S,
    Exchange,
    Workshop,
    exchange_of,
    original,
    with_first_units,
)
from tests.api import builders
from tests.api.builders import PASSWORD, World
from tests.simulators.fleet import WORKING_DAY, vehicles, world
from tests.simulators.loopback import LoopbackService
from tests.simulators.stage import service_behind, write_files

SPEC = UnitSpec("QJ000007", 530302, vehicle_id=7)


def test_a_unit_is_replaced_while_its_vehicle_stands_whichever_unit_sits_there() -> None:
    found = 0
    for vehicle in vehicles(60):
        exchange = exchange_of(SPEC, vehicle, WORKING_DAY, 1.0)
        if exchange is None:
            continue
        found += 1
        moved = [(leg.departs_at - leg.warm_s, leg.arrives_at + leg.idle_s) for leg in vehicle.plan(WORKING_DAY).legs]
        over = exchange.fitted_at + TRIED_S
        assert all(ends <= exchange.removed_at or begins >= over for begins, ends in moved)
        assert exchange.fitted == "QJ000007-R261124"
        # Longer than a repair, shorter than an exchange may take.
        assert 300 < over - exchange.removed_at < 14_400
        again = exchange_of(replace(SPEC, code="QJ000007-R261101"), vehicle, WORKING_DAY, 1.0)
        assert again == replace(exchange, removed="QJ000007-R261101")
    assert found > 20


def test_it_is_rare_and_of_vehicles_of_the_registry_alone() -> None:
    many = [exchange_of(SPEC, vehicle, WORKING_DAY) for vehicle in vehicles(300)]
    assert sum(one is not None for one in many) <= 3
    assert exchange_of(replace(SPEC, vehicle_id=None), vehicles(1)[0], WORKING_DAY, 1.0) is None


def test_the_past_was_measured_with_the_first_unit() -> None:
    assert original("QJ000007-R261124") == original("QJ000007") == "QJ000007"
    assert with_first_units([replace(SPEC, code="QJ000007-R261124")]) == [SPEC]


class Book:
    """A registry that enters what it is told when the test says so."""

    def __init__(self) -> None:
        self.asked: list[Exchange] = []
        self.entered: list[Exchange] = []

    def ask(self, exchange: Exchange) -> None:
        self.asked.append(exchange)

    def told(self) -> list[Exchange]:
        found, self.entered = self.entered, []
        return found


def test_nothing_happens_before_the_registry_knows() -> None:
    vehicle = next(one for one in vehicles(60) if exchange_of(SPEC, one, WORKING_DAY, 1.0))
    exchange = exchange_of(SPEC, vehicle, WORKING_DAY, 1.0)
    assert exchange is not None
    book = Book()
    workshop = Workshop(book, 1.0)

    def turn(now: float) -> tuple[list[Exchange], list[Exchange]]:
        return workshop.turn(now, lambda: [(SPEC, vehicle)])

    assert turn(exchange.removed_at - ENTERED_BEFORE_S - 60) == ([], [])
    assert book.asked == []
    assert turn(exchange.removed_at - ENTERED_BEFORE_S) == ([], [])
    assert book.asked == [exchange]
    assert turn(exchange.removed_at + 5) == ([], [])  # not entered: the unit stays
    book.entered = [exchange]
    assert turn(exchange.removed_at + 10) == ([exchange], [])
    assert turn(exchange.fitted_at) == ([], [])
    assert turn(exchange.fitted_at + TRIED_S) == ([], [exchange])
    assert turn(exchange.fitted_at + TRIED_S + 60) == ([], [])
    assert book.asked == [exchange]


def test_a_unit_that_is_fitted_says_so_and_tells_nothing_of_before() -> None:
    vehicle = vehicles(1)[0]
    now = Clock(0.0, 0.0).begins_at + vehicle.plan(WORKING_DAY).legs[0].departs_at - 3_600
    unit = MeasuringUnit(
        replace(SPEC, code="QJ000007-R261124"), Play(world(), 10.0, PROFILES["none"], 1, keep_truth=True), now
    )
    unit.unit.connected(now)
    unit.fitted(now)
    unit.measure(now + 1)
    assert unit.unit.truth is not None
    told = list(unit.unit.truth.values())
    assert min(one.observed_at for one in told) >= now + unit.life.clock_s
    assert sum(b"unit_fitted" in one.body for one in told) == 1
    assert {one.kind.value for one in told} == {"event", "position", "usage"}


class Quick(Book):
    """Enters what it is asked at once."""

    def ask(self, exchange: Exchange) -> None:
        super().ask(exchange)
        self.entered.append(exchange)


def test_one_unit_leaves_the_wire_and_the_other_comes(broker: Mosquitto, tmp_path: Path) -> None:
    """Faster than time, over a real broker, behind which everything is stored and covered."""
    credentials, _ = write_files(tmp_path, broker, gateway_units=1, single_units=0)
    number, exchange = next(
        (number, found)
        for number in range(1, 60)
        if (found := exchange_of(_spec(number), Vehicle(_spec(number).vehicle, world()), PAST, 1.0))
    )
    began = time.time()
    clock = Clock(began, exchange.removed_at - ENTERED_BEFORE_S - 60, speed=300.0)
    truth = TruthFile(tmp_path / "truth.jsonl")
    play = Play(world(), 10.0, PROFILES["none"], 1, resend_after_s=18_000, held_up_s=9_000, truth=truth)
    with service_behind(broker) as service:
        fleet = Fleet([_spec(number)], read_credentials(credentials), play, clock, Workshop(Quick(), 1.0))
        until = began + 60
        while (real := time.time()) < until:
            fleet.turn(real)
            told = service.units[exchange.fitted].stored
            if len(told) == 3 and not held(fleet.units):
                break
        fleet.close()
        truth.close()
        assert service.online[exchange.removed] is False
        old, new = (_samples(service.units[code]) for code in (exchange.removed, exchange.fitted))
    (removed,) = [one for one in old if one.get("event") == "unit_removed"]
    (fitted,) = [one for one in new if one.get("event") == "unit_fitted"]
    assert _at(old[-1]) == _at(removed)
    assert _at(new[0]) == _at(fitted)
    assert exchange.removed_at - 500 < _at(removed) < exchange.fitted_at < _at(fitted)
    labels = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    assert [one["unit"] for one in labels if one.get("name") == "unit_replaced"] == [exchange.removed]


PAST = date(2026, 11, 3)


def _spec(number: int) -> UnitSpec:
    return UnitSpec("T00000", 530302, vehicle_id=number)


def _samples(stored: LoopbackService) -> list[dict[str, Any]]:
    samples = [json.loads(one) for kind in stored.stored.values() for one in kind.values()]
    return sorted(samples, key=_at)


def _at(sample: dict[str, Any]) -> float:
    at = sample["time"]
    return at / 1_000 if isinstance(at, int) else datetime.fromisoformat(at).timestamp()


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning"))
        serving = asyncio.create_task(server.serve([listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@pytest.mark.store
async def test_the_registry_says_which_unit_sat_there_when(database_url: str) -> None:
    async with builders.world(database_url) as made, builders.running(made) as app, served(app) as url:
        await _city(made)
        at = made.clock().timestamp()
        exchange = Exchange(7, 530302, "U7", "U7-R261124", at + 60, at + 1_800)
        account = ApiAccount(url, "workshop", PASSWORD)
        registrar = Registrar(account)
        registrar.ask(replace(exchange, removed="U8"))  # it sits in another vehicle
        registrar.ask(exchange)
        registrar.ask(exchange)  # as after an answer that was lost
        await asyncio.to_thread(registrar.close)
        assert registrar.told() == [exchange, exchange]
        cut = datetime.fromtimestamp(exchange.fitted_at, UTC)
        rows = await made.rows(
            "select code, lower(period) as begin, upper(period) as until, retired_at from binding join unit"
            " on unit.id = unit_id where vehicle_id = 7 order by lower(period)"
        )
        assert [row["code"] for row in rows] == ["U7", "U7-R261124"]
        assert [row["until"] for row in rows] == [cut, None]
        assert rows[1]["begin"] == rows[0]["retired_at"] == cut
        assert await made.scalar("select count(*) from unit") == 3
        (coming,) = [one for one in await asyncio.to_thread(fetch_roster, account) if one.vehicle_id == 7]
        assert (coming.code, coming.sits_from) == ("U7-R261124", exchange.fitted_at)


async def _city(made: World) -> None:
    await made.organ(1, kind="city", division=530300)
    await made.vehicle(7, organ=1)
    await made.vehicle(8, organ=1)
    await made.account("workshop", Role.CITY_DISPATCHER)
