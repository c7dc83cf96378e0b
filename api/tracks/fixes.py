"""What a track is made of: raw readings while they are kept, the packed tracks of trips for ever after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Row

from fleet.geography.divisions import division_index
from fleet.model.moments import from_us
from fleet.tracks.packed import ABSENT, Columns


class Source(StrEnum):
    READINGS = "readings"
    PACKED = "packed"


class Fix(msgspec.Struct, frozen=True, gc=False):
    """One position, whichever it was kept as. A packed one has no heading, and no unit where a trip had several."""

    observed_at: datetime
    lat_e7: int
    lon_e7: int
    speed_dkmh: int | None
    heading_deg: int | None
    altitude_m: int | None
    ignition: bool | None
    odometer_m: int | None
    division: int | None
    flags: int
    unit: str | None
    source: Source = Source.READINGS


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """What a stretch of a track was read from, from its first to its last point."""

    source: Source
    from_: datetime = msgspec.field(name="from")
    to: datetime
    points: int


def of_readings(rows: Iterable[Row[*tuple[Any, ...]]]) -> list[Fix]:
    """The rows of `fleet.store.tracks.vehicle_positions`."""
    return [Fix(*row) for row in rows]


def of_packed(columns: Columns, unit: str | None) -> list[Fix]:
    """The points of a packed track, with the county each lies in."""
    divisions = division_index().lookup(columns.lat_e7.astype(np.int32), columns.lon_e7.astype(np.int32))
    return [
        Fix(
            from_us(at_us),
            lat_e7,
            lon_e7,
            None if speed == ABSENT else speed,
            None,
            None if altitude == ABSENT else altitude,
            None if ignition == ABSENT else bool(ignition),
            None if odometer == ABSENT else odometer,
            division,
            0,
            unit,
            Source.PACKED,
        )
        for at_us, lat_e7, lon_e7, speed, altitude, odometer, ignition, division in zip(
            *(
                column.tolist()
                for column in (
                    columns.at_us,
                    columns.lat_e7,
                    columns.lon_e7,
                    columns.speed_dkmh,
                    columns.altitude_m,
                    columns.odometer_m,
                    columns.ignition,
                    divisions,
                )
            ),
            strict=True,
        )
    ]


def joined(readings: list[Fix], packed: Iterable[list[Fix]]) -> list[Fix]:
    """Readings, and of packed tracks what no reading is left of: every moment once, in time order."""
    kept = {fix.observed_at for fix in readings}
    added = [fix for track in packed for fix in track if fix.observed_at not in kept]
    return sorted(readings + added, key=attrgetter("observed_at")) if added else readings


def spans(fixes: Sequence[Fix]) -> list[Span]:
    """Which stretches come from where."""
    found: list[Span] = []
    for source, group in groupby(fixes, key=attrgetter("source")):
        members = list(group)
        found.append(Span(source=source, from_=members[0].observed_at, to=members[-1].observed_at, points=len(members)))
    return found
