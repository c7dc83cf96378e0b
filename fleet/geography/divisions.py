"""The city's nine counties: their codes and names, and which of them a point lies in.

`DivisionIndex.lookup` answers exactly what the polygons answer, quickly: a raster of 2^14 e-7 degrees (about 180 m)
says for each cell which counties it may belong to and whether a border cuts it; only points in cut cells ask a
polygon.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

_CELL_BITS = 14
_CELL_E7 = 1 << _CELL_BITS


@dataclass(frozen=True, slots=True)
class Division:
    """An administrative division of the standard GB/T 2260; the seat is in WGS-84 degrees."""

    code: int
    name: str
    name_en: str
    seat_lat: float
    seat_lon: float


CITY_CODE = 530300

DIVISIONS: tuple[Division, ...] = (
    Division(530300, "曲靖市", "Qujing", 25.49834, 103.80273),
    Division(530302, "麒麟区", "Qilin", 25.49834, 103.80273),
    Division(530303, "沾益区", "Zhanyi", 25.60359, 103.82034),
    Division(530304, "马龙区", "Malong", 25.43118, 103.57667),
    Division(530322, "陆良县", "Luliang", 25.0331, 103.66476),
    Division(530323, "师宗县", "Shizong", 24.82525, 103.9833),
    Division(530324, "罗平县", "Luoping", 24.88752, 104.30645),
    Division(530325, "富源县", "Fuyuan", 25.67728, 104.25284),
    Division(530326, "会泽县", "Huize", 26.4208, 103.29545),
    Division(530381, "宣威市", "Xuanwei", 26.22294, 104.1022),
)
"""The city and its counties, by code; a position lies in a county, never in 530300 itself."""

DIVISION_CODES = frozenset(division.code for division in DIVISIONS)

COUNTIES = DIVISIONS[1:]


@cache
def county_polygons() -> Mapping[int, BaseGeometry]:
    """The packaged borders by county code, WGS-84, x = longitude (see data/README.md for their source)."""
    packaged = json.loads(files("fleet.geography").joinpath("data/counties.geojson").read_bytes())
    return {
        int(feature["properties"]["adcode"]): shapely.from_geojson(json.dumps(feature["geometry"]))
        for feature in packaged["features"]
    }


@cache
def division_index() -> DivisionIndex:
    """The index of the packaged counties, built once a process (about 0.2 s)."""
    return DivisionIndex(county_polygons())


def division_of(lat_e7: int, lon_e7: int) -> int:
    """The code of the county of one point, 0 = outside all of them."""
    point = (np.array([lat_e7], dtype=np.int32), np.array([lon_e7], dtype=np.int32))
    return int(division_index().lookup(*point)[0])


class DivisionIndex:
    """Which of at most 15 polygons a point lies in. On a shared border, and in an overlap, the lowest code wins."""

    def __init__(self, polygons: Mapping[int, BaseGeometry]) -> None:
        if not 0 < len(polygons) <= 15:
            raise ValueError(f"between 1 and 15 polygons, not {len(polygons)}")
        self._codes = sorted(polygons)
        self._polygons = [polygons[code] for code in self._codes]
        for polygon in self._polygons:
            shapely.prepare(polygon)
        min_lon, min_lat, max_lon, max_lat = shapely.total_bounds(self._polygons)
        # One cell of margin on each side: points beyond are clipped into it and found outside.
        self._row0 = int(np.floor(min_lat * 1e7)) // _CELL_E7 - 1
        self._column0 = int(np.floor(min_lon * 1e7)) // _CELL_E7 - 1
        self._rows = int(np.ceil(max_lat * 1e7)) // _CELL_E7 + 2 - self._row0
        self._columns = int(np.ceil(max_lon * 1e7)) // _CELL_E7 + 2 - self._column0
        self._cut = 1 << len(self._codes)
        raster = np.zeros((self._rows, self._columns), dtype=np.uint16)
        for number, polygon in enumerate(self._polygons):
            row, touched, centre_inside = self._rasterise(polygon)
            band = raster[row : row + len(touched)]
            band |= (touched | centre_inside).astype(np.uint16) << np.uint16(number)
            band |= touched.astype(np.uint16) * np.uint16(self._cut)
        self._raster = raster.ravel()
        # A mask of counties -> the lowest code among them; -1 where a border cuts the cell.
        self._code_of_mask = np.full(2 * self._cut, -1, dtype=np.int32)
        self._code_of_mask[0] = 0
        for mask in range(1, self._cut):
            self._code_of_mask[mask] = self._codes[(mask & -mask).bit_length() - 1]

    def lookup(self, lat_e7: NDArray[np.int32], lon_e7: NDArray[np.int32]) -> NDArray[np.int32]:
        """The code of the division of each point (int32, same length), 0 = outside all of them."""
        row = (lat_e7 >> _CELL_BITS) - self._row0
        column = (lon_e7 >> _CELL_BITS) - self._column0
        np.clip(row, 0, self._rows - 1, out=row)
        np.clip(column, 0, self._columns - 1, out=column)
        row *= self._columns
        row += column
        masks = self._raster[row]
        codes: NDArray[np.int32] = self._code_of_mask[masks]
        undecided = np.flatnonzero(codes < 0)
        if undecided.size:
            codes[undecided] = self._ask(masks[undecided], lat_e7[undecided], lon_e7[undecided])
        return codes

    def _ask(
        self, masks: NDArray[np.uint16], lat_e7: NDArray[np.int32], lon_e7: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Ask the polygons named in each cell's mask, lowest code first."""
        lat, lon = lat_e7 / 1e7, lon_e7 / 1e7
        codes = np.zeros(len(masks), dtype=np.int32)
        for number, (code, polygon) in enumerate(zip(self._codes, self._polygons, strict=True)):
            candidates = np.flatnonzero((masks & (1 << number) != 0) & (codes == 0))
            if candidates.size:
                inside = shapely.intersects_xy(polygon, lon[candidates], lat[candidates])
                codes[candidates[inside]] = code
        return codes

    def _rasterise(self, polygon: BaseGeometry) -> tuple[int, NDArray[np.bool_], NDArray[np.bool_]]:
        """A first row and two rasters from there on, as high as the polygon: cells that its border touches, and cells
        whose centre lies inside it.
        """
        x1, y1, x2, y2 = self._edges_in_cells(polygon)
        low, high = np.minimum(y1, y2), np.maximum(y1, y2)
        row0 = int(low.min()) - 1
        shape = (int(high.max()) + 2 - row0, self._columns + 1)
        slope = np.divide(x2 - x1, y2 - y1, out=np.zeros_like(x1), where=y2 != y1)

        # Each edge touches, in each row it passes, the cells between where it enters and where it leaves the row.
        # The widening is far above float error and far below a metre.
        widen = 1e-6
        edge, row = _spread(np.floor(low - widen), np.floor(high + widen))
        level = y1[edge] == y2[edge]
        enter = x1[edge] + slope[edge] * (np.clip(row, low[edge], high[edge]) - y1[edge])
        leave = x1[edge] + slope[edge] * (np.clip(row + 1, low[edge], high[edge]) - y1[edge])
        enter, leave = np.where(level, x1[edge], enter), np.where(level, x2[edge], leave)
        first = np.floor(np.minimum(enter, leave) - widen).astype(np.int64)
        last = np.floor(np.maximum(enter, leave) + widen).astype(np.int64)
        begins = np.zeros(shape, dtype=np.int16)
        np.add.at(begins, (row - row0, first), 1)
        np.add.at(begins, (row - row0, last + 1), -1)
        touched = np.cumsum(begins, axis=1, dtype=np.int16)[:, :-1] > 0

        # A cell's centre is inside when an odd number of edges cross its row's middle line to the left of it.
        edge, row = _spread(np.ceil(low - 0.5), np.ceil(high - 0.5) - 1)
        crossing = x1[edge] + slope[edge] * (row + 0.5 - y1[edge])
        flips = np.zeros(shape, dtype=np.int16)
        np.add.at(flips, (row - row0, np.ceil(crossing - 0.5).astype(np.int64)), 1)
        centre_inside = np.cumsum(flips, axis=1, dtype=np.int16)[:, :-1] & 1 == 1
        return row0, touched, centre_inside

    def _edges_in_cells(self, polygon: BaseGeometry) -> tuple[NDArray[np.float64], ...]:
        """x1, y1, x2, y2 of every edge of every ring, in cells from the raster's corner."""
        rings = shapely.get_rings(shapely.get_parts(polygon))
        coordinates, ring = shapely.get_coordinates(rings, return_index=True)
        cells = coordinates * 1e7 / _CELL_E7 - (self._column0, self._row0)
        joined = ring[1:] == ring[:-1]
        start, end = cells[:-1][joined], cells[1:][joined]
        return start[:, 0], start[:, 1], end[:, 0], end[:, 1]


def _spread(first: NDArray[np.float64], last: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each range first..last (inclusive, maybe empty): its number, once for each of its members, and the member."""
    lengths = np.maximum(last - first + 1, 0).astype(np.int64)
    number = np.repeat(np.arange(len(lengths)), lengths)
    offset = np.arange(len(number)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return number, offset + first[number].astype(np.int64)
