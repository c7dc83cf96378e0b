"""The track of a trip as few bytes, kept for years after the raw readings are gone.

Nothing is lost: unpacking gives digit for digit what was packed, times in microseconds and places in 1e-7 degrees
included, so that a finding can be proved again from a packed track. A new version of the format gets a new number;
older ones stay readable (golden bytes in the tests are only ever added to).

The law of version 1:

    bytes     "T", 1
    4 bytes   CRC-32 of all that follows, the lowest byte first
    varint    number of points; nothing follows where it is 0
    varint    step: the greatest common divisor, in microseconds, of the times' distances from the first (at least 1)
    varint    the first time, zigzag, microseconds since 1970 UTC
    column    times: distances from the first, in steps
    column    latitudes, 1e-7 degrees
    column    longitudes
    optional  speeds, tenths of km/h
    optional  altitudes, metres
    optional  odometers, metres, less the way that the speeds foretell
    runs      ignition: 0 off, 1 on, 2 not known

`column` is described in `columns.py`. `optional` is runs of 0 (absent) and 1 (present), then a column of the present
values, if there is any. `runs` is a varint for each run, 4 * length + value, until all points are covered. The speeds
foretell (s[i-1] + s[i]) * (t[i] - t[i-1]) // 72,000,000 metres (nothing where either is absent), added up from the
start.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from fleet.errors import CorruptTrack
from fleet.model.trips import TrackPoint
from fleet.tracks.columns import LARGEST, Integers, Reader, put_column, take_column, varint, zigzag

VERSION = 1
ABSENT = -(1 << 31)
"""Stands in columns for what a fix did not say."""

_MAGIC = b"T"
_HEAD = len(_MAGIC) + 1 + 4
_MOST_POINTS = 1 << 24
_MOST_US = 1 << 52
_METRES_PER = 72_000_000  # two speeds of 0.1 km/h, microseconds


@dataclass(frozen=True, slots=True)
class Columns:
    """A track as arrays of one length, int64. `ABSENT` for what is not known; ignition is 0, 1 or `ABSENT`."""

    at_us: Integers
    lat_e7: Integers
    lon_e7: Integers
    speed_dkmh: Integers
    altitude_m: Integers
    odometer_m: Integers
    ignition: Integers

    def __len__(self) -> int:
        return len(self.at_us)

    def points(self) -> tuple[TrackPoint, ...]:
        """The same, point by point."""
        return tuple(
            TrackPoint(at, lat, lon, _known(speed), _known(altitude), _known(odometer), _known_bool(ignition))
            for at, lat, lon, speed, altitude, odometer, ignition in zip(
                self.at_us.tolist(),
                self.lat_e7.tolist(),
                self.lon_e7.tolist(),
                self.speed_dkmh.tolist(),
                self.altitude_m.tolist(),
                self.odometer_m.tolist(),
                self.ignition.tolist(),
                strict=True,
            )
        )


@dataclass(frozen=True, slots=True)
class Way:
    """Where and when only: what a search by place reads."""

    at_us: Integers
    lat_e7: Integers
    lon_e7: Integers

    def __len__(self) -> int:
        return len(self.at_us)


def pack(points: tuple[TrackPoint, ...]) -> bytes:
    """The bytes of a track, about 5.5 a point at one fix every 10 s; equal points give equal bytes.

    Raises ValueError for what is no track: a time outside 1970 … 2112, a span of more than 35 years, other numbers
    outside 31 bits and sign.
    """
    body = [varint(len(points))]
    if points:
        columns = _columns(points)
        first_us = int(columns.at_us[0])
        since = columns.at_us - first_us
        step = gcd(*map(int, np.unique(since))) or 1
        body += [varint(step), varint(zigzag(first_us)), put_column(since // step)]
        body += [put_column(columns.lat_e7), put_column(columns.lon_e7)]
        body += [_put_optional(columns.speed_dkmh), _put_optional(columns.altitude_m)]
        foretold = _foretold(columns.at_us, columns.speed_dkmh)
        odometer = columns.odometer_m
        body.append(_put_optional(np.where(odometer == ABSENT, ABSENT, odometer - foretold), odometer != ABSENT))
        body.append(_put_runs(np.where(columns.ignition == ABSENT, 2, columns.ignition)))
    whole = b"".join(body)
    return _MAGIC + bytes((VERSION,)) + crc32(whole).to_bytes(4, "little") + whole


def unpack(packed: bytes) -> Columns:
    """The columns of a packed track. Raises CorruptTrack for anything but what `pack` answered."""
    try:
        reader, way = _open(packed)
        count = len(way)
        if count == 0:
            return Columns(*(np.zeros(0, dtype=np.int64) for _ in range(7)))
        speed, _ = _take_optional(reader, count)
        altitude, _ = _take_optional(reader, count)
        odometer, present = _take_optional(reader, count)
        odometer[present] += _foretold(way.at_us, speed)[present]
        ignition = _take_runs(reader, count)
        ignition[ignition == 2] = ABSENT
        if not reader.at_end:
            raise ValueError("something follows the last column")
    except (ValueError, OverflowError) as error:
        raise CorruptTrack(f"A packed track of {len(packed)} bytes cannot be read: {error}.") from error
    return Columns(way.at_us, way.lat_e7, way.lon_e7, speed, altitude, odometer, ignition)


def unpack_way(packed: bytes) -> Way:
    """Only times and places of a packed track, in a third of the time. Raises CorruptTrack."""
    try:
        return _open(packed)[1]
    except (ValueError, OverflowError) as error:
        raise CorruptTrack(f"A packed track of {len(packed)} bytes cannot be read: {error}.") from error


def _open(packed: bytes) -> tuple[Reader, Way]:
    """Checks the head and takes the columns that every track has. Raises ValueError."""
    if packed[:1] != _MAGIC or len(packed) < _HEAD:
        raise ValueError("it does not begin as one")
    if packed[1] != VERSION:
        raise ValueError(f"it is of version {packed[1]}, this program reads version {VERSION}")
    if crc32(memoryview(packed)[_HEAD:]) != int.from_bytes(packed[2:_HEAD], "little"):
        raise ValueError("its checksum is wrong")
    reader = Reader(packed, _HEAD)
    count = reader.varint()
    if count > _MOST_POINTS:
        raise ValueError(f"it claims {count} points")
    if count == 0:
        nothing = np.zeros(0, dtype=np.int64)
        return reader, Way(nothing, nothing, nothing)
    step, first_us = reader.varint(), reader.signed()
    at_us = take_column(reader, count) * step + first_us
    return reader, Way(at_us, take_column(reader, count), take_column(reader, count))


def _columns(points: tuple[TrackPoint, ...]) -> Columns:
    rows = np.array(
        [
            (
                point.at_us,
                point.lat_e7,
                point.lon_e7,
                ABSENT if point.speed_dkmh is None else point.speed_dkmh,
                ABSENT if point.altitude_m is None else point.altitude_m,
                ABSENT if point.odometer_m is None else point.odometer_m,
                ABSENT if point.ignition is None else point.ignition,
            )
            for point in points
        ],
        dtype=np.int64,
    ).T
    at_us, others = rows[0], rows[1:]
    if int(at_us.min()) < 0 or int(at_us.max()) >= _MOST_US:
        raise ValueError("a track point has a time outside 1970 to 2112")
    if int(np.ptp(at_us)) >= LARGEST:
        raise ValueError("a track point has a time more than 35 years from another")
    if int(others.min()) < ABSENT or int(others.max()) > -ABSENT:
        raise ValueError("a track point has a number that does not fit into 31 bits and sign")
    return Columns(*np.ascontiguousarray(rows))


def _foretold(at_us: Integers, speed_dkmh: Integers) -> Integers:
    """Metres since the first point that the speeds foretell, in whole numbers: the same on every machine."""
    metres = np.zeros(len(at_us), dtype=np.int64)
    known = speed_dkmh != ABSENT
    both = known[1:] & known[:-1]
    steps = (speed_dkmh[1:] + speed_dkmh[:-1]) * np.diff(at_us) // _METRES_PER
    np.cumsum(np.where(both & (np.abs(steps) < 1 << 24), steps, 0), out=metres[1:])
    return metres


def _put_optional(values: Integers, present: NDArray[np.bool_] | None = None) -> bytes:
    present = values != ABSENT if present is None else present
    runs = _put_runs(present.astype(np.int64))
    return runs + put_column(values[present]) if present.any() else runs


def _take_optional(reader: Reader, count: int) -> tuple[Integers, NDArray[np.bool_]]:
    present = _take_runs(reader, count) == 1
    values = np.full(count, ABSENT, dtype=np.int64)
    known = int(present.sum())
    if known:
        values[present] = take_column(reader, known)
    return values, present


def _put_runs(values: Integers) -> bytes:
    borders = np.flatnonzero(np.diff(values)) + 1
    starts = [0, *borders.tolist()]
    ends = [*borders.tolist(), len(values)]
    return b"".join(varint(4 * (end - start) + int(values[start])) for start, end in zip(starts, ends, strict=True))


def _take_runs(reader: Reader, count: int) -> Integers:
    values: list[int] = []
    lengths: list[int] = []
    left = count
    while left > 0:
        run = reader.varint()
        if not 0 < run >> 2 <= left or run & 3 == 3:
            raise ValueError("a run does not fit")
        values.append(run & 3)
        lengths.append(run >> 2)
        left -= run >> 2
    return np.repeat(np.array(values, dtype=np.int64), lengths)


def _known(value: int) -> int | None:
    return None if value == ABSENT else value


def _known_bool(value: int) -> bool | None:
    return None if value == ABSENT else bool(value)
