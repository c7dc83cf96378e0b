"""The pure column lists that ingest works by say what the tables say."""

from __future__ import annotations

from fleet.model.batch import IDENTITY_COLUMNS, READING_COLUMNS, READING_TABLE
from fleet.model.readings import SAMPLE_KINDS
from fleet.store.tables import READING_TABLES


def test_every_column_of_every_reading_in_its_order() -> None:
    assert {table.name: tuple(table.columns.keys()) for table in READING_TABLES} == READING_COLUMNS


def test_every_kind_of_sample_has_its_table() -> None:
    assert set(READING_TABLE) == set(SAMPLE_KINDS)
    assert sorted(READING_TABLE.values()) == sorted(table.name for table in READING_TABLES)


def test_the_identity_is_what_the_unique_index_holds() -> None:
    for table in READING_TABLES:
        index = next(index for index in table.indexes if index.name == f"{table.name}_identity")
        assert tuple(column.name for column in index.columns) == IDENTITY_COLUMNS[table.name]
        assert index.unique
