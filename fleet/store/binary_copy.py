"""Columns as PostgreSQL's binary COPY: no value is touched one by one. Pure.

Rows in which the same columns are known, and texts have the same lengths, have the same layout, so each such group is
one array of records.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Boolean, DateTime, Integer, SmallInteger, Table

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_EPOCH_US = 946_684_800_000_000
"""PostgreSQL counts microseconds from 2000 on."""

TEXT = "text"
"""The width of a column of short texts: an array of bytes, none of them empty or longer than 255."""

Values = Mapping[str, NDArray[Any]]
Known = Mapping[str, NDArray[np.bool_]]


def widths(table: Table, names: Sequence[str]) -> dict[str, str]:
    """How each of these columns is written: a numpy type, big-endian. Raises TypeError for one of another length."""
    return {name: _width(table, name) for name in names}


def _width(table: Table, name: str) -> str:
    kind = table.c[name].type
    for of, width in ((DateTime, "M"), (BigInteger, ">i8"), (SmallInteger, ">i2"), (Integer, ">i4"), (Boolean, "i1")):
        if isinstance(kind, of):
            return width
    raise TypeError(f"{table.name}.{name} has values of different lengths")


def encode(columns: Mapping[str, str], values: Values, known: Known) -> Iterator[bytes]:
    """The bytes of a COPY of `columns` (name -> width, in the order of the COPY).

    `values` has one array for each, all of one length; moments are microseconds since 1970. `known` says where a value
    is not null, for columns in which some are. Raises OverflowError when a value does not fit its column.
    """
    yield _HEADER
    for name, width in columns.items():
        _check(name, width, values[name])
    rows = len(next(iter(values.values())))
    nullable = [name for name in columns if name in known]
    texts = [name for name, width in columns.items() if width == TEXT]
    pattern = np.zeros(rows, dtype=np.int64)
    for name in texts:
        pattern = pattern << 8 | np.char.str_len(values[name])
    for name in nullable:
        pattern = pattern << 1 | known[name]
    for one in np.unique(pattern).tolist() if nullable or texts else [0]:
        chosen = np.flatnonzero(pattern == one) if nullable or texts else slice(None)
        absent = {name for bit, name in enumerate(reversed(nullable)) if not one >> bit & 1}
        lengths = {name: one >> len(nullable) + 8 * place & 255 for place, name in enumerate(reversed(texts))}
        yield _records(columns, values, absent, lengths, chosen)
    yield _TRAILER


def _records(
    columns: Mapping[str, str],
    values: Values,
    absent: set[str],
    lengths: Mapping[str, int],
    chosen: NDArray[np.intp] | slice,
) -> bytes:
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name, width in columns.items():
        layout.append((f"length of {name}", ">i4"))
        if name not in absent:
            layout.append((name, f"S{lengths[name]}" if width == TEXT else ">i8" if width == "M" else width))
    records = np.empty(len(next(iter(values.values()))[chosen]), dtype=layout)
    records["fields"] = len(columns)
    for name, width in columns.items():
        if name in absent:
            records[f"length of {name}"] = -1
            continue
        records[f"length of {name}"] = records.dtype[name].itemsize
        column = values[name][chosen]
        records[name] = column - _EPOCH_US if width == "M" else column
    return records.tobytes()


def _check(name: str, width: str, values: NDArray[Any]) -> None:
    if width in ("M", ">i8") or not len(values):
        return
    if width == TEXT:
        lengths = np.char.str_len(values)
        if not lengths.all() or lengths.max() > 255:
            raise OverflowError(f"{name}: a text that is empty or longer than 255 bytes")
        return
    bounds = np.iinfo(width)
    if values.min() < bounds.min or values.max() > bounds.max:
        raise OverflowError(f"{name}: a value between {values.min()} and {values.max()} does not fit its column")


async def pieces(columns: Mapping[str, str], values: Values, known: Known) -> AsyncIterator[bytes]:
    """`encode`, as the driver takes it."""
    for piece in encode(columns, values, known):
        yield piece
