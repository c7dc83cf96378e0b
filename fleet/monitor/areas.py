"""Which area a place lies in: what a trip's beginning and end are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import cos, pi

import msgspec
from shapely import Polygon
from shapely.geometry import Point
from shapely.prepared import PreparedGeometry, prep

from fleet.geography.distance import haversine_m
from fleet.model.policies import lineage

_CELL_E7 = 100_000  # about a kilometre
_M_PER_DEGREE = 111_195.0


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """An area of the registry: a ring of (lat_e7, lon_e7), or a circle. `organ_id` None = the city's."""

    id: int
    name: str
    organ_id: int | None
    ring: tuple[tuple[int, int], ...] | None = None
    centre: tuple[int, int] | None = None
    radius_m: int | None = None
    from_us: int
    to_us: int


class Named(msgspec.Struct, frozen=True):
    """An area that a place lies in."""

    area_id: int
    name: str


class _Indexed(msgspec.Struct, frozen=True):
    area: Area
    size_m2: float
    shape: PreparedGeometry | None


class AreaIndex:
    """Answers which area a point lies in, by the areas of that moment."""

    def __init__(self, areas: Iterable[Area], parents: Mapping[int, int | None]) -> None:
        """`parents`: the organ above each organ."""
        self._parents = parents
        self._cells: dict[tuple[int, int], list[_Indexed]] = {}
        for area in areas:
            self._add(area)

    def name(self, lat_e7: int, lon_e7: int, at_us: int, organ_id: int | None) -> Named | None:
        """The area around the point that is the organ's own, of an organ above it, or the city's; the smallest of them.

        Areas of other organs are not named: who may see the vehicle need not know them.
        """
        candidates = self._cells.get((lat_e7 // _CELL_E7, lon_e7 // _CELL_E7))
        if candidates is None:
            return None
        own = set(lineage(organ_id, self._parents))
        found = [
            one
            for one in candidates
            if one.area.from_us <= at_us < one.area.to_us
            and (one.area.organ_id is None or one.area.organ_id in own)
            and _inside(one, lat_e7, lon_e7)
        ]
        if not found:
            return None
        best = min(found, key=lambda one: (one.area.organ_id is None, one.size_m2, one.area.id)).area
        return Named(best.id, best.name)

    def _add(self, area: Area) -> None:
        shape: PreparedGeometry | None = None
        if area.ring is not None:
            polygon = Polygon([(lon, lat) for lat, lon in area.ring])
            shape = prep(polygon)
            west, south, east, north = (int(value) for value in polygon.bounds)
            metres = _M_PER_DEGREE / 1e7
            size_m2 = polygon.area * metres * metres * cos((south + north) / 2e7 * pi / 180)
        else:
            assert area.centre is not None
            assert area.radius_m is not None
            lat, lon = area.centre
            high = int(area.radius_m / _M_PER_DEGREE * 1e7) + 1
            wide = int(high / max(0.01, cos(lat / 1e7 * pi / 180))) + 1
            south, north, west, east = lat - high, lat + high, lon - wide, lon + wide
            size_m2 = pi * area.radius_m * area.radius_m
        indexed = _Indexed(area, size_m2, shape)
        for row in range(south // _CELL_E7, north // _CELL_E7 + 1):
            for column in range(west // _CELL_E7, east // _CELL_E7 + 1):
                self._cells.setdefault((row, column), []).append(indexed)


def _inside(one: _Indexed, lat_e7: int, lon_e7: int) -> bool:
    if one.shape is not None:
        return bool(one.shape.intersects(Point(lon_e7, lat_e7)))
    area = one.area
    assert area.centre is not None
    assert area.radius_m is not None
    lat, lon = area.centre
    return haversine_m(lat_e7 / 1e7, lon_e7 / 1e7, lat / 1e7, lon / 1e7) <= area.radius_m
