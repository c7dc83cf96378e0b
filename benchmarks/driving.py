"""A city's days for measurements: 6,000 vehicles, four trips of half an hour a day, one fix every 10 s.

Drawn from a seed, whole arrays at a time. Places cluster about the seats of the nine counties, so that some streets
see hundreds of vehicles a day and most see none; the rows of all vehicles come in the order of time, as they arrive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from fleet.geography.divisions import COUNTIES, division_index

Integers = NDArray[np.int64]

VEHICLES = 6_000
TRIPS_A_DAY = 4
FIXES = 180
EVERY_S = 10
DAY_ROWS = VEHICLES * TRIPS_A_DAY * FIXES
DAY_US = 86_400_000_000
DRAWN = 3
FIRST_DAY = datetime(2026, 10, 1, tzinfo=UTC)

_NORTH_E7 = 10_000_000 / 111_195
_EAST_E7 = _NORTH_E7 / 0.9026
_SHARE = np.array([30, 12, 8, 9, 8, 8, 8, 7, 10]) / 100  # of the trips, by county


@dataclass(frozen=True, slots=True)
class Trips:
    """The trips of one day: arrays of (trips, fixes); `vehicle` counts from 1 and is one a trip."""

    vehicle: Integers
    at_us: Integers
    lat_e7: Integers
    lon_e7: Integers
    speed_dkmh: Integers
    altitude_m: Integers
    odometer_m: Integers

    def __len__(self) -> int:
        return len(self.vehicle)


def days(count: int) -> Iterator[Trips]:
    """One day after the other. Some are drawn, the others say the same again, days and kilometres later."""
    drawn: list[Trips] = []
    for trips in _drawn(min(count, DRAWN)):
        drawn.append(trips)
        yield trips
    for number in range(DRAWN, count):
        rounds, trips = number // DRAWN, drawn[number % DRAWN]
        driven_m = drawn[-1].odometer_m[-VEHICLES:, -1] - drawn[0].odometer_m[:VEHICLES, 0]
        yield replace(
            trips,
            at_us=trips.at_us + rounds * DRAWN * DAY_US,
            odometer_m=trips.odometer_m + rounds * np.tile(driven_m, TRIPS_A_DAY)[:, None],
        )


def _drawn(count: int, seed: int = 1) -> Iterator[Trips]:
    """Every vehicle goes on from where it stood."""
    rng = np.random.default_rng(seed)
    county = rng.choice(len(COUNTIES), VEHICLES, p=_SHARE)
    seats = np.array([(place.seat_lat * 1e7, place.seat_lon * 1e7) for place in COUNTIES])
    here = seats[county] + _scatter(rng, VEHICLES, 2_000)
    odometer_m = rng.integers(3_000_000, 180_000_000, VEHICLES).astype(np.float64)
    for day in range(count):
        starts = np.empty((TRIPS_A_DAY, VEHICLES))
        ways, speeds, odometers = [], [], []
        for number in range(TRIPS_A_DAY):
            starts[number] = (number * 3 + rng.uniform(0, 2, VEHICLES)) * 3_600
            away = rng.random(VEHICLES) < 0.25
            goal = np.where(away, rng.choice(len(COUNTIES), VEHICLES, p=_SHARE), county)
            there = seats[goal] + _scatter(rng, VEHICLES, 2_500)
            # Nobody drives 200 km in half an hour: who goes far goes a part of the way.
            metres = np.hypot(*((there - here) / (_NORTH_E7, _EAST_E7)).T)
            there = here + (there - here) * np.minimum(1.0, 30_000 / np.maximum(metres, 1.0))[:, None]
            way = _ways(rng, here, there)
            steps = np.hypot(np.diff(way[..., 0]) / _NORTH_E7, np.diff(way[..., 1]) / _EAST_E7)
            driven = np.concatenate([np.zeros((VEHICLES, 1)), np.cumsum(steps, axis=1)], axis=1)
            odometers.append(odometer_m[:, None] + driven)
            speeds.append(np.concatenate([steps, steps[:, -1:]], axis=1) / EVERY_S * 36)
            odometer_m = odometer_m + driven[:, -1]
            noise = rng.normal(0, 2, way.shape) * (_NORTH_E7, _EAST_E7)
            ways.append(way + noise)
            here = there
        begin_us = round((FIRST_DAY + timedelta(days=day)).timestamp() * 1e6)
        at_us = begin_us + np.rint(starts * 1_000).astype(np.int64)[..., None] * 1_000
        at_us = at_us + (np.arange(FIXES) * EVERY_S * 1_000_000)
        places = np.rint(np.stack(ways)).astype(np.int64)
        shape = (TRIPS_A_DAY * VEHICLES, FIXES)
        yield Trips(
            vehicle=np.tile(np.arange(1, VEHICLES + 1), TRIPS_A_DAY),
            at_us=at_us.reshape(shape),
            lat_e7=places[..., 0].reshape(shape),
            lon_e7=places[..., 1].reshape(shape),
            speed_dkmh=np.rint(np.stack(speeds)).astype(np.int64).reshape(shape).clip(0, 4_000),
            altitude_m=rng.integers(1_890, 1_910, shape),
            odometer_m=np.rint(np.stack(odometers)).astype(np.int64).reshape(shape),
        )


def _scatter(rng: np.random.Generator, count: int, metres: float) -> NDArray[np.float64]:
    return rng.normal(0, metres, (count, 2)) * (_NORTH_E7, _EAST_E7)


def _ways(rng: np.random.Generator, here: NDArray[np.float64], there: NDArray[np.float64]) -> NDArray[np.float64]:
    """Along streets: first north or south, then east or west, or the other way round, in even steps."""
    first = rng.random(len(here)) < 0.5
    corner = np.where(first[:, None], np.stack([there[:, 0], here[:, 1]], 1), np.stack([here[:, 0], there[:, 1]], 1))
    share = np.linspace(0, 2, FIXES)[None, :, None]
    before = here[:, None] + (corner - here)[:, None] * np.minimum(share, 1)
    return before + (there - corner)[:, None] * np.maximum(share - 1, 0)


_FIELDS = (
    ("observed_at", ">i8"),
    ("batch", ">i8"),
    ("seq", ">i8"),
    ("unit_id", ">i4"),
    ("run", ">i4"),
    ("lat_e7", ">i4"),
    ("lon_e7", ">i4"),
    ("division", ">i4"),
    ("odometer_m", ">i4"),
    ("speed_dkmh", ">i2"),
    ("heading_deg", ">i2"),
    ("altitude_m", ">i2"),
    ("hdop_tenths", ">i2"),
    ("satellites", ">i2"),
    ("flags", ">i2"),
    ("ignition", "?"),
)
COLUMNS = [name for name, _ in _FIELDS]
_LAYOUT = np.dtype(
    [("fields", ">i2")] + [one for name, kind in _FIELDS for one in ((f"{name}_length", ">i4"), (name, kind))]
)
_HEAD, _TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_2000_US = 946_684_800_000_000


def copies(trips: Trips, first_batch: int, rows_a_copy: int = 400_000) -> Iterator[bytes]:
    """A day's positions as binary COPY, in the order of arrival; 6,000 rows a batch."""
    order = np.argsort(trips.at_us.ravel(), kind="stable")
    unit = np.repeat(trips.vehicle, FIXES)
    seq = trips.at_us.ravel() // 10_000_000
    flat = {
        "observed_at": trips.at_us.ravel() - _2000_US,
        "seq": seq,
        "unit_id": unit,
        "lat_e7": trips.lat_e7.ravel(),
        "lon_e7": trips.lon_e7.ravel(),
        "odometer_m": trips.odometer_m.ravel(),
        "speed_dkmh": trips.speed_dkmh.ravel(),
        "altitude_m": trips.altitude_m.ravel(),
    }
    divisions = division_index().lookup(flat["lat_e7"].astype(np.int32), flat["lon_e7"].astype(np.int32))
    for begin in range(0, len(order), rows_a_copy):
        part = order[begin : begin + rows_a_copy]
        rows = np.zeros(len(part), dtype=_LAYOUT)
        rows["fields"] = len(_FIELDS)
        for name, kind in _FIELDS:
            rows[f"{name}_length"] = np.dtype(kind).itemsize
        for name, values in flat.items():
            rows[name] = values[part]
        rows["division"] = divisions[part]
        rows["batch"] = (first_batch + (begin + np.arange(len(part))) // 6_000) * 16 + 1
        rows["heading_deg"], rows["hdop_tenths"], rows["satellites"], rows["ignition"] = 90, 8, 12, True
        yield _HEAD + rows.tobytes() + _TAIL
