"""Samples of one kind as the block of rows that the store takes: located, in order, each identity once. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.geography.datum import gcj02_to_wgs84
from fleet.model.batch import IDENTITY_COLUMNS, READING_COLUMNS, READING_TABLE, Block, Book, LedgerKey
from fleet.model.moments import to_us
from fleet.model.readings import IMPLAUSIBLE, GroundFlag, Kind, Position, Usage
from ingest.clean import Part
from ingest.validate import ground_flags

Locate = Callable[[NDArray[np.int32], NDArray[np.int32]], NDArray[np.int32]]
"""Latitudes and longitudes in 1e-7 degrees -> division codes, 0 = outside all."""

_PLAUSIBLE = 1 << 60  # above every moment in microseconds


class Repeat(NamedTuple):
    """A sample whose identity stands earlier in the same batch."""

    row: int  # in the part
    same: bool  # whether its content is the same, too


def part_of(taken: Sequence[tuple[int, int, int, Position | Usage]]) -> Part:
    """The same for samples that came the long way, as (message, place, unit_id, reading)."""
    values: dict[str, NDArray[np.int64]] = {}
    known: dict[str, NDArray[np.bool_]] = {}
    first = taken[0][3]
    for name in type(first).__struct_fields__:
        found = [getattr(reading, name) for _, _, _, reading in taken]
        if name == "observed_at":
            values[name] = np.array([to_us(moment) for moment in found], dtype=np.int64)
            continue
        values[name] = np.array([0 if value is None else value for value in found], dtype=np.int64)
        if None in found:
            known[name] = np.array([value is not None for value in found])
    messages, places, units = (np.array([one[k] for one in taken], dtype=np.int64) for k in range(3))
    return Part(values, known, units, np.full(len(taken), -1), messages, places)


def arrival_order(first: Part, second: Part) -> NDArray[np.intp]:
    """Places in the two, one behind the other, by their arrival."""
    places, messages = (
        np.concatenate((getattr(first, name), getattr(second, name))) for name in ("places", "messages")
    )
    return np.lexsort((places, messages))


def joined(first: Part, second: Part) -> Part:
    """Both in the order of their arrival."""
    order = arrival_order(first, second)
    known = {}
    for name in first.known.keys() | second.known.keys():
        sides = [side.known.get(name, np.ones(len(side), dtype=np.bool_)) for side in (first, second)]
        known[name] = np.concatenate(sides)[order]
    return Part(
        {name: np.concatenate((first.values[name], second.values[name]))[order] for name in first.values},
        known,
        *(
            np.concatenate((getattr(first, name), getattr(second, name)))[order]
            for name in ("unit_ids", "slots", "messages", "places")
        ),
    )


def locate(part: Part, find: Locate) -> Part:
    """Positions with their flags and divisions, all of them WGS-84."""
    lat, lon, converted = part.values["lat_e7"], part.values["lon_e7"], part.values["gcj02"] != 0
    if converted.any():
        lat, lon = lat.copy(), lon.copy()
        wgs_lat, wgs_lon = gcj02_to_wgs84(lat[converted] / 1e7, lon[converted] / 1e7)
        lat[converted] = np.rint(wgs_lat * 1e7).astype(np.int64)
        lon[converted] = np.rint(wgs_lon * 1e7).astype(np.int64)
    flags = ground_flags(lat, lon).astype(np.int64)
    flags[converted] |= int(GroundFlag.DATUM_CONVERTED)
    division = find(lat.astype(np.int32), lon.astype(np.int32)).astype(np.int64)
    known = part.known if division.all() else {**part.known, "division": division != 0}
    return replace(
        part, values={**part.values, "lat_e7": lat, "lon_e7": lon, "flags": flags, "division": division}, known=known
    )


def block_of(
    kind: Kind,
    part: Part,
    book: Book | None,
    keys: list[LedgerKey],
    key_of: NDArray[np.int64],
    origin_of: Callable[[int], Any],
) -> tuple[Block, list[Repeat]]:
    """The rows of `part` by unit, run and number, the first of each identity; and the others.

    `key_of` says which row of `book`, or behind them which of `keys`, counted each row; `origin_of` where a row of the
    part came from.
    """
    table = READING_TABLE[kind]
    values = {**part.values, "unit_id": part.unit_ids}
    numbered = part.known.get("seq")
    seq = values["seq"] if numbered is None else np.where(numbered, values["seq"], -1)
    ids, at = part.unit_ids << 31 | values["run"], values["observed_at"]
    order = np.lexsort((at, seq, ids))
    again = np.zeros(len(order), dtype=np.bool_)
    again[1:] = True
    for column in (ids, at, seq):
        again[1:] &= column[order[1:]] == column[order[:-1]]
    repeats: list[Repeat] = []
    if again.any():
        repeats = _repeats(table, values, part, order, again)
        order = order[~again]
    names = [name for name in READING_COLUMNS[table] if name != "batch"]
    block = Block(
        table=table,
        values={name: values[name][order] for name in names},
        known={name: part.known[name][order] for name in names if name in part.known},
        keys=keys,
        key_of=key_of[order],
        origin_of=lambda row: origin_of(int(order[row])),
        arrival=order,
        book=book,
    )
    return block, repeats


def _repeats(
    table: str, values: dict[str, NDArray[np.int64]], part: Part, order: NDArray[np.intp], again: NDArray[np.bool_]
) -> list[Repeat]:
    first = order[np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))[again]]
    repeated = order[again]
    same = np.ones(len(repeated), dtype=np.bool_)
    for name in READING_COLUMNS[table]:
        if name == "batch" or name in IDENTITY_COLUMNS[table]:
            continue
        equal = values[name][repeated] == values[name][first]
        if name in part.known:
            known = part.known[name]
            equal = (known[repeated] == known[first]) & (equal | ~known[repeated])
        same &= equal
    return [Repeat(row, one) for row, one in zip(repeated.tolist(), same.tolist(), strict=True)]


def newest(block: Block) -> NDArray[np.intp]:
    """The row of each unit's last state: the newest plausible one, the newest where none is plausible."""
    rank = block.values["observed_at"]
    if "flags" in block.values:
        rank = rank + np.where(block.values["flags"] & int(IMPLAUSIBLE), 0, _PLAUSIBLE)
    units = block.values["unit_id"]
    starts = np.flatnonzero(np.concatenate(([True], units[1:] != units[:-1])))
    best = np.maximum.reduceat(rank, starts)
    found = np.flatnonzero(rank == np.repeat(best, np.diff(np.append(starts, len(units)))))
    found = found[np.lexsort((block.arrival[found], units[found]))]
    return found[np.concatenate(([True], units[found][1:] != units[found][:-1]))]
