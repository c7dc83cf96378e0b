"""The fixes of a running trip, packed a chunk at a time: what a snapshot of the whole fleet writes every minute."""

from __future__ import annotations

from array import array
from operator import sub
from zlib import compress, decompress

from fleet.model.trips import TrackPoint
from fleet.trips.state import Fix, Journey

CHUNK = 64
_NONE = -(1 << 31)  # no speed, altitude or odometer comes near
_IGNITION = (None, False, True)


def track_point(fix: Fix) -> TrackPoint:
    """The fix as it is kept with the trip."""
    return TrackPoint(fix.at_us, fix.lat_e7, fix.lon_e7, fix.speed_dkmh, fix.altitude_m, fix.odometer_m, fix.ignition)


def keep(journey: Journey, fixes: list[Fix]) -> None:
    """Append fixes to the trip's track; the last one is never packed."""
    recent = journey.recent
    recent.extend(fixes)
    while len(recent) > CHUNK:
        journey.chunks.append(pack(recent[:CHUNK]))
        del recent[:CHUNK]
        journey.packed += CHUNK


def track(journey: Journey) -> tuple[TrackPoint, ...]:
    """All points kept so far."""
    points: list[TrackPoint] = []
    for chunk in journey.chunks:
        points.extend(unpack(chunk))
    points.extend(map(track_point, journey.recent))
    return tuple(points)


def pack(fixes: list[Fix]) -> bytes:
    """Columns of whole numbers, one after the other, deflated; times and places as steps from the one before."""
    columns = array("q", _steps([fix.at_us for fix in fixes]))
    numbers = _steps([fix.lat_e7 for fix in fixes])
    numbers += _steps([fix.lon_e7 for fix in fixes])
    numbers += [_NONE if fix.speed_dkmh is None else fix.speed_dkmh for fix in fixes]
    numbers += [_NONE if fix.altitude_m is None else fix.altitude_m for fix in fixes]
    numbers += [_NONE if fix.odometer_m is None else fix.odometer_m for fix in fixes]
    numbers += [0 if fix.ignition is None else 1 + fix.ignition for fix in fixes]
    return compress(columns.tobytes() + array("q", numbers).tobytes(), 1)


def unpack(chunk: bytes) -> list[TrackPoint]:
    """What `pack` was given, as points."""
    numbers = array("q")
    numbers.frombytes(decompress(chunk))
    count = len(numbers) // 7
    columns = [numbers[k * count : (k + 1) * count].tolist() for k in range(7)]
    for column in columns[:3]:
        for k in range(1, count):
            column[k] += column[k - 1]
    return [
        TrackPoint(
            at_us,
            lat_e7,
            lon_e7,
            None if speed_dkmh == _NONE else speed_dkmh,
            None if altitude_m == _NONE else altitude_m,
            None if odometer_m == _NONE else odometer_m,
            _IGNITION[ignition],
        )
        for at_us, lat_e7, lon_e7, speed_dkmh, altitude_m, odometer_m, ignition in zip(*columns, strict=True)
    ]


def _steps(values: list[int]) -> list[int]:
    return [values[0], *map(sub, values[1:], values)]
