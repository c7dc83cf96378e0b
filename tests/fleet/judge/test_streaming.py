"""Monitor and judge together: what a running trip proves is found with the reading that proves it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from fleet.geography.borders import outside_m
from fleet.geography.divisions import division_of
from fleet.judge.process import Judge
from fleet.model.moments import from_us
from fleet.model.trips import EventReading, PositionReading, StoredReading
from fleet.settings import assume_role
from fleet.store.pool import create_engine
from tests.fleet.misuse.builders import HOME_LAT_E7, HOME_LON_E7, QILIN, local, us
from tests.fleet.monitor.stage import City, running, staged, until

pytestmark = pytest.mark.store

EIGHT = local("2026-11-23T10:00")
EVERY_S = 5
M_PER_DEGREE = 111_195


@dataclass
class Street:
    """Vehicle 1 on its way north, one reading every five seconds; the clock stands where the last reading came."""

    city: City
    now: datetime = EIGHT
    north_m: float = 0.0
    seq: int = 0
    sent: list[StoredReading] = field(default_factory=list)

    def reading(self, kmh: float) -> PositionReading:
        self.now += timedelta(seconds=EVERY_S)
        self.north_m += kmh / 3.6 * EVERY_S
        self.seq += 1
        lat_e7 = HOME_LAT_E7 + round(self.north_m / M_PER_DEGREE * 1e7)
        return PositionReading(
            *(us(self.now), 1, 0, self.seq, lat_e7, HOME_LON_E7, division_of(lat_e7, HOME_LON_E7)),
            *(round(1_000_000 + self.north_m), round(kmh * 10), 0, 1_900, 8, 12, 0),
            True,
        )

    def beyond_m(self) -> float:
        """How far outside its county the vehicle is."""
        lat_e7 = HOME_LAT_E7 + round(self.north_m / M_PER_DEGREE * 1e7)
        return float(outside_m([lat_e7], [HOME_LON_E7], frozenset({QILIN}))[0])

    def way(self, *speeds_kmh: float) -> list[PositionReading]:
        return [self.reading(kmh) for kmh in speeds_kmh]

    async def drive(self, readings: Sequence[StoredReading]) -> None:
        """They come together, and are followed before this returns."""
        self.now = from_us(readings[-1].observed_at_us) + timedelta(milliseconds=200)
        self.sent += readings
        await self.city.write(readings, received_at=self.now)
        await self.city.settled()


class Bench:
    """Judges by hand, and looks at what came of it."""

    def __init__(self, city: City, street: Street, engine: AsyncEngine) -> None:
        self.city, self.engine = city, engine
        self.judge = Judge(engine, lambda: street.now)

    async def rounds(self) -> None:
        async with self.engine.connect() as connection:
            while await self.judge.round(connection):
                pass

    async def found(self, rule: str) -> list[dict[str, Any]]:
        await self.rounds()
        rows = await self.city.connection.fetch("select * from finding where rule = $1 and outcome = 'finding'", rule)
        return [dict(row) for row in rows]

    async def comes(self, rule: str) -> dict[str, Any]:
        async def there() -> bool:
            return bool(await self.found(rule))

        await until(there, f"a finding of {rule}", within_s=20)
        (one,) = await self.found(rule)
        return one

    async def shown_to(self) -> datetime:
        moment: datetime = await self.city.connection.fetchval("select known_to from trip where running")
        return moment


@pytest.fixture
async def city(database_url: str) -> AsyncIterator[City]:
    async with staged(database_url) as made:
        yield made


@pytest.fixture
def street(city: City) -> Street:
    return Street(city)


@pytest.fixture
async def bench(city: City, street: Street) -> AsyncIterator[Bench]:
    await city.connection.execute(
        "update vehicle set parking_lat_e7 = $1, parking_lon_e7 = $2", HOME_LAT_E7, HOME_LON_E7
    )
    engine = create_engine(assume_role(city.url, "fleet_monitor"))
    yield Bench(city, street, engine)
    await engine.dispose()


STANDING = [0.0] * 12


async def test_speeding_is_found_with_the_reading_that_proves_it(city: City, street: Street, bench: Bench) -> None:
    """Seven readings above the limit are thirty seconds; the row of the trip would have been renewed later only."""
    async with running(city.url, lambda: street.now, dependants=("trips",)):
        await street.drive(street.way(*STANDING, *[60.0] * 6))
        assert await city.connection.fetchval("select count(*) from trip where running") == 1
        shown_to = await bench.shown_to()
        *short, proof = street.way(*[130.0] * 7)
        for one in short:
            await street.drive([one])
        assert await bench.found("speeding") == []
        assert await bench.shown_to() == shown_to
        await street.drive([proof])
        finding = await bench.comes("speeding")
        assert from_us(proof.observed_at_us) - shown_to < timedelta(seconds=45)
        assert finding["proven_at"] == from_us(proof.observed_at_us) == await bench.shown_to()
        assert finding["end_at"] is None


async def test_a_limit_of_the_organ_counts(city: City, street: Street, bench: Bench) -> None:
    await city.connection.execute(
        "insert into policy_value (slug, organ_id, value, effective_from, who, why)"
        " values ('speeding.limit_kmh', 1, '70', '2026-01-01', 'x', 'x')"
    )
    async with running(city.url, lambda: street.now, dependants=("trips",)):
        await street.drive(street.way(*STANDING, *[60.0] * 6, *[80.0] * 7))
        assert (await bench.comes("speeding"))["proven_at"] == from_us(street.sent[-1].observed_at_us)


async def test_out_of_the_county_is_found_with_the_reading_that_proves_it(
    city: City, street: Street, bench: Bench
) -> None:
    """Two minutes beyond border and buffer: the judge asks for each reading from then on."""
    async with running(city.url, lambda: street.now, dependants=("trips",)):
        await street.drive(street.way(*STANDING))
        while street.beyond_m() == 0:  # never more than the buffer at once
            await street.drive(street.way(*[50.0] * 4))
        while street.beyond_m() <= 300:
            first = street.now + timedelta(seconds=EVERY_S)
            await street.drive(street.way(90.0))
        least = timedelta(seconds=120)
        while street.now + timedelta(seconds=EVERY_S) < first + least:
            await street.drive(street.way(90.0))
            await bench.rounds()
        assert await bench.found("outside_area") == []
        ((watched_from,),) = await city.connection.fetch("select due from recompute where stage = 'watch'")
        assert watched_from <= first + least
        shown_to = await bench.shown_to()
        await asyncio.sleep(0.3)  # the monitor reads what the judge asks for twenty times a second
        (proof,) = street.way(90.0)
        assert from_us(proof.observed_at_us) - shown_to < timedelta(seconds=45)
        await street.drive([proof])
        finding = await bench.comes("outside_area")
        assert finding["proven_at"] == from_us(proof.observed_at_us)
        assert finding["severity"] == "red"
        assert await city.connection.fetchval("select count(*) from recompute where stage = 'watch'") == 0


async def test_a_cut_of_power_is_found_though_no_segment_changes(city: City, street: Street, bench: Bench) -> None:
    async with running(city.url, lambda: street.now, dependants=("trips",)):
        await street.drive(street.way(*STANDING))
        await bench.rounds()
        await street.drive([EventReading(us(street.now), 1, 0, 1, "antenna_cut", None)])
        await bench.rounds()
        street.now += timedelta(seconds=301)
        assert [one["severity"] for one in await bench.found("unit_tampered")] == ["yellow"]


async def test_a_unit_that_was_replaced_is_no_tampering_once_the_registry_says_so(
    city: City, street: Street, bench: Bench
) -> None:
    """The mechanic takes it out at ten; the clerk enters the exchange afterwards. Another unit counts otherwise."""
    async with running(city.url, lambda: street.now, dependants=("trips",)):
        await street.drive(street.way(*STANDING))
        await street.drive([EventReading(us(street.now), 1, 0, 1, "unit_removed", None)])
        removed_at, street.now = street.now, street.now + timedelta(minutes=40)
        assert len(await bench.found("unit_tampered")) == 1
        fitted_at = removed_at + timedelta(minutes=30)
        await city.connection.execute("insert into unit (id, code, division) values (99, 'NEW', 530302)")
        await city.connection.execute(
            "update binding set period = tstzrange(lower(period), $1), version = version + 1 where unit_id = 1",
            fitted_at,
        )
        await city.connection.execute(
            "insert into binding (unit_id, vehicle_id, period) values (99, 1, tstzrange($1, null))", fitted_at
        )
        await city.connection.execute(
            "insert into recompute (vehicle_id, period, reason) values (1, tstzrange($1, $2), 'binding')",
            *(fitted_at, street.now),
        )
        way = [msgspec.structs.replace(one, unit_id=99, odometer_m=7) for one in street.way(*STANDING)]
        await street.drive(way)

        async def withdrawn() -> bool:
            return all(one["withdrawn_at"] is not None for one in await bench.found("unit_tampered"))

        await until(withdrawn, "the finding to be withdrawn", within_s=20)
        rules = await city.connection.fetch(
            "select rule from finding where withdrawn_at is null and outcome = 'finding'"
        )
        assert rules == []


async def test_a_finding_waits_neither_for_an_import_nor_for_what_it_changed(
    city: City, street: Street, bench: Bench
) -> None:
    """A transaction holds the organ and every vehicle; many marks of late readings are older."""
    connection = await asyncpg.connect(city.url)
    try:
        async with running(city.url, lambda: street.now, dependants=("trips",)):
            await street.drive(street.way(*STANDING, *[60.0] * 6))
            await bench.rounds()
            async with connection.transaction():
                await connection.execute("select id from organ for no key update")
                await connection.execute("update vehicle set version = version + 1")
                await city.connection.execute(
                    "insert into vehicle (id, plate, organ_id, division, use, management, energy, status, body, seats)"
                    " select g, 'P' || g, 1, 530302, 'other', 'retained', 'petrol', 'in_service', 'saloon', 5"
                    " from generate_series(100, 179) g"
                )
                await city.connection.execute(
                    "insert into recompute (id, vehicle_id, period, reason, stage)"
                    " overriding system value select -g, g, '[2026-11-22,2026-11-23)', 'late', 'trips'"
                    " from generate_series(100, 179) g"
                )
                await street.drive(street.way(*[130.0] * 7))
                async with bench.engine.connect() as judging:
                    await bench.judge.round(judging)
                rows = await city.connection.fetch("select 1 from finding where rule = 'speeding'")
                assert len(rows) == 1
                left = await city.connection.fetchval("select count(*) from recompute where reason = 'late'")
                assert left > 0
    finally:
        await connection.close()
