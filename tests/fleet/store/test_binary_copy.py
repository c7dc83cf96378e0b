"""Columns written as binary COPY come out of the table as they went in."""

from __future__ import annotations

import asyncpg
import numpy as np
import pytest
from numpy.typing import NDArray

from fleet.model.batch import READING_COLUMNS, Block
from fleet.store.binary_copy import TEXT, Values, encode, pieces, widths
from fleet.store.tables.readings import event_reading, position_reading, usage_reading

NULLABLE = ("seq", "odometer_m", "ignition", "charging", "altitude_m", "fuel_used_ml")


def drawn(columns: dict[str, str], rows: int) -> tuple[dict[str, NDArray[np.int64]], dict[str, NDArray[np.bool_]]]:
    draw = np.random.default_rng(3)
    values = {}
    for name, width in columns.items():
        bounds = (0, 2) if width == "i1" else (0, 4_000_000_000_000_000) if width == "M" else None
        low, high = bounds or (np.iinfo(width).min, np.iinfo(width).max)
        values[name] = draw.integers(low, high, rows, dtype=np.int64, endpoint=width not in ("M", "i1"))
    return values, {name: draw.random(rows) < 0.7 for name in NULLABLE if name in columns}


@pytest.mark.store
@pytest.mark.parametrize("table", [position_reading, usage_reading], ids=lambda table: table.name)
async def test_every_value_and_every_null_arrives(database_url: str, table: object) -> None:
    name = table.name  # type: ignore[attr-defined]
    names = [column for column in READING_COLUMNS[name] if column != "batch"]
    columns = widths(table, names)  # type: ignore[arg-type]
    values, known = drawn(columns, 500)
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            f"create temporary table taken as select 0 as ordinal, {', '.join(names)} from {name} with no data"
        )
        await connection.copy_to_table(
            "taken",
            source=pieces({"ordinal": ">i4", **columns}, {**values, "ordinal": np.arange(500)}, known),
            columns=["ordinal", *names],
            format="binary",
        )
        found = await connection.fetch(f"select {', '.join(names)} from taken order by ordinal")
    finally:
        await connection.close()
    block = Block(name, values, known, [], np.zeros(500, dtype=np.int64), lambda row: row, np.arange(500))
    assert [tuple(row) for row in found] == block.rows()


@pytest.mark.store
async def test_texts_of_all_lengths_arrive_beside_nulls(database_url: str) -> None:
    columns = {"number": ">i4", "code": TEXT, "also": TEXT, "maybe": ">i8"}
    codes = [b"a" * (1 + number % 32) for number in range(100)]
    others = [b"%d" % (number * number) for number in range(100)]
    values: Values = {
        "number": np.arange(100),
        "code": np.array(codes),
        "also": np.array(others),
        "maybe": np.arange(100) * 10**12,
    }
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("create temporary table taken (number int, code text, also text, maybe bigint)")
        known = {"maybe": np.arange(100) % 3 > 0}
        await connection.copy_to_table("taken", source=pieces(columns, values, known), format="binary")
        found = await connection.fetch("select * from taken order by number")
    finally:
        await connection.close()
    assert [tuple(row) for row in found] == [
        (number, codes[number].decode(), others[number].decode(), number * 10**12 if number % 3 else None)
        for number in range(100)
    ]


def test_a_text_that_has_no_length_of_its_own_is_refused() -> None:
    for texts in ([b"a", b""], [b"a" * 256]):
        with pytest.raises(OverflowError, match="code"):
            list(encode({"code": TEXT}, {"code": np.array(texts)}, {}))


def test_a_value_that_does_not_fit_its_column_is_never_cut() -> None:
    with pytest.raises(OverflowError, match="flags"):
        list(encode({"flags": ">i2"}, {"flags": np.array([1, 40_000])}, {}))


def test_a_column_of_texts_is_refused() -> None:
    with pytest.raises(TypeError, match="event"):
        widths(event_reading, ["event"])
