"""Which cells of a grid a way runs through: how a search by place finds the few tracks worth unpacking.

A cell is 0.0025 degrees wide and high, about 250 m here. A way is laid over the grid leg by leg, not fix by fix: at
100 km/h a vehicle drives 280 m from one fix to the next, so its fixes alone would jump over a place. A key is a cell
within a week, 32 bits: 11 of the week, 11 of the row, 10 of the column, each counted round. Two far places may share
a key (5 degrees apart, or 39 years): a key only says which tracks to look at, `passages.py` decides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fleet.tracks.columns import Integers
from fleet.tracks.packed import Way

CELL_E7 = 25_000
_SAMPLE_E7 = CELL_E7 // 8
"""How close together a leg is looked at. What lies between two looks is made up for by a wider search."""

_WEEK_US = 7 * 86_400 * 1_000_000
_METRE_E7 = 1e7 / 111_194.9
"""Of latitude, on the mean sphere."""

Keys = NDArray[np.int32]


def keys_of_way(way: Way) -> Keys:
    """The keys of every cell that a way of at least one fix touches, sorted, each once."""
    weeks = np.arange(int(way.at_us.min()) // _WEEK_US, int(way.at_us.max()) // _WEEK_US + 1)
    rows, columns = _looks(way)
    return _keys(weeks, rows // CELL_E7, columns // CELL_E7)


def keys_of_circle(lat_e7: int, lon_e7: int, radius_m: float, from_us: int, to_us: int) -> Keys:
    """The keys under which every way stands that comes within `radius_m` (below 20 km) of a place in [from, to).

    Latitudes up to 80 degrees.
    """
    # Half the distance of two looks, rounding, and the difference between sphere and plane.
    reach_lat = radius_m * 1.002 * _METRE_E7 + _SAMPLE_E7 / 2 + 2
    stretch = 1 / np.cos(np.radians(abs(lat_e7) / 1e7 + 0.2))
    reach_lon = radius_m * 1.002 * _METRE_E7 * stretch + _SAMPLE_E7 / 2 + 2
    rows = np.arange(_cell(lat_e7 - reach_lat), _cell(lat_e7 + reach_lat) + 1)
    columns = np.arange(_cell(lon_e7 - reach_lon), _cell(lon_e7 + reach_lon) + 1)
    # How far each row and column is from the place at least, as a share of the reach: corners fall out.
    off_rows = np.maximum(np.maximum(rows * CELL_E7 - lat_e7, lat_e7 - (rows + 1) * CELL_E7), 0) / reach_lat
    off_columns = np.maximum(np.maximum(columns * CELL_E7 - lon_e7, lon_e7 - (columns + 1) * CELL_E7), 0) / reach_lon
    row, column = np.nonzero(off_rows[:, None] ** 2 + off_columns[None, :] ** 2 <= 1.0)
    weeks = np.arange(from_us // _WEEK_US, max(to_us - 1, from_us) // _WEEK_US + 1)
    return _keys(weeks, rows[row], columns[column])


def _looks(way: Way) -> tuple[Integers, Integers]:
    """Places along the way, never further than `_SAMPLE_E7` from the next in latitude or in longitude."""
    step_lat, step_lon = np.diff(way.lat_e7), np.diff(way.lon_e7)
    looks = np.maximum(np.abs(step_lat), np.abs(step_lon)) // _SAMPLE_E7 + 1
    leg = np.repeat(np.arange(len(looks)), looks)
    number = np.arange(len(leg)) - np.repeat(np.cumsum(looks) - looks, looks)
    lat_e7 = way.lat_e7[leg] + step_lat[leg] * number // looks[leg]
    lon_e7 = way.lon_e7[leg] + step_lon[leg] * number // looks[leg]
    return np.append(lat_e7, way.lat_e7[-1]), np.append(lon_e7, way.lon_e7[-1])


def _cell(coordinate_e7: float) -> int:
    return int(coordinate_e7 // CELL_E7)


def _keys(weeks: Integers, rows: Integers, columns: Integers) -> Keys:
    cells = np.unique((rows & 2047) << 10 | (columns & 1023))
    keys = ((weeks & 2047) << 21)[:, None] | cells[None, :]
    return np.sort((keys.ravel() - (1 << 31)).astype(np.int32))
