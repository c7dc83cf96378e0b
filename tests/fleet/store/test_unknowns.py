"""What is over standard is the same in SQL and in the check of a record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from itertools import product

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.model.records import VehicleRecord
from fleet.model.registry import Body, Energy, Management, VehicleUse
from fleet.model.scope import CITY
from fleet.registry.standards import Standards, standard_problems
from fleet.store.pool import create_engine
from fleet.store.tables import organ, vehicle
from fleet.store.unknowns import Unknown, list_unknown

pytestmark = pytest.mark.store

NOW = datetime(2026, 6, 30, tzinfo=UTC)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_engine(database_url, size=1)
    try:
        async with engine.connect() as opened:
            yield opened
    finally:
        await engine.dispose()


async def test_over_standard_in_sql_and_in_python(connection: AsyncConnection) -> None:
    limits = Standards()
    await connection.execute(insert(organ).values(id=1, code="x", name="x", kind="party", division=530300))
    prices = (
        None,
        limits.communications_price_fen,
        limits.communications_price_fen + 1,
        limits.new_energy_price_fen + 1,
    )
    sizes = (None, limits.communications_displacement_ml, limits.communications_displacement_ml + 1)
    vehicles = [
        VehicleRecord(
            plate=f"云D{number:05d}",
            organ_id=1,
            division=530300,
            use=use,
            management=Management.RETAINED,
            energy=energy,
            body=body,
            seats=5,
            price_fen=price_fen,
            displacement_ml=size_ml,
            registered_on=date(2020, 1, 1),
        )
        for number, (use, energy, body, price_fen, size_ml) in enumerate(
            product(VehicleUse, Energy, (Body.SALOON, Body.BUS), prices, sizes)
        )
    ]
    columns = ("plate", "organ_id", "division", "use", "management", "energy", "status", "body", "seats", "price_fen")
    rows = [{name: getattr(one, name) for name in (*columns, "displacement_ml")} for one in vehicles]
    await connection.execute(insert(vehicle), rows)
    found = await list_unknown(
        connection,
        Unknown.OVER_STANDARD,
        scope=CITY,
        organ_id=None,
        at=NOW,
        days=7,
        limits=limits,
        after=0,
        limit=6_000,
    )
    expected = {one.plate for one in vehicles if standard_problems(one, limits)}
    assert {row["plate"] for row in found} == expected
    assert 0 < len(expected) < len(vehicles)
