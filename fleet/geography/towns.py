"""Which town a place is near: what a place is called where no area of the registry holds it.

The table is short: the nine county seats, and the townships for which free coordinates were found (data/README.md says
where). A name therefore always comes with how far and in which direction, and claims no more than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import atan2, cos, degrees, radians

from fleet.geography.distance import haversine_m
from fleet.geography.divisions import COUNTIES, Division

FARTHEST_M = 30_000
"""Farther away than this, a town says less than the county does."""


@dataclass(frozen=True, slots=True)
class Town:
    """A town and the county it lies in; the place is about the middle of its streets, WGS-84 degrees."""

    division: int
    name: str
    name_en: str
    lat: float
    lon: float


class Direction(StrEnum):
    """Where a place lies, seen from the town: eighths of the compass."""

    NORTH = "n"
    NORTH_EAST = "ne"
    EAST = "e"
    SOUTH_EAST = "se"
    SOUTH = "s"
    SOUTH_WEST = "sw"
    WEST = "w"
    NORTH_WEST = "nw"


@dataclass(frozen=True, slots=True)
class Near:
    """The nearest town of a place, how far away it is, and in which direction the place lies from there."""

    town: Town
    distance_m: int
    direction: Direction


def _seat(county: Division) -> Town:
    """会泽县 is the county, 会泽县城 its town; 麒麟区 and 宣威市 call theirs 麒麟城区, 宣威城区."""
    name = f"{county.name}城" if county.name.endswith("县") else f"{county.name[:-1]}城区"
    return Town(county.code, name, county.name_en, county.seat_lat, county.seat_lon)


def _township(division: int, name: str, name_en: str, lat: float, lon: float) -> Town:
    """With its county: two of them are called 东山镇."""
    county = next(one for one in COUNTIES if one.code == division)
    return Town(division, county.name + name, f"{name_en} ({county.name_en})", lat, lon)


TOWNS: tuple[Town, ...] = (
    *map(_seat, COUNTIES),
    _township(530302, "东山镇", "Dongshan", 25.25861, 104.06338),
    _township(530303, "盘江镇", "Panjiang", 25.75725, 103.83104),
    _township(530303, "播乐乡", "Bole", 25.83892, 104.11952),
    _township(530326, "娜姑镇", "Nagu", 26.51503, 103.14768),
    _township(530326, "五星乡", "Wuxing", 26.55384, 103.26045),
    _township(530326, "鲁纳乡", "Luna", 26.28377, 103.63860),
    _township(530326, "上村乡", "Shangcun", 26.13685, 103.57336),
    _township(530381, "格宜镇", "Geyi", 26.32041, 104.39571),
    _township(530381, "东山镇", "Dongshan", 26.10790, 104.26802),
)

_EIGHTHS = tuple(Direction)


def nearest_town(lat_e7: int, lon_e7: int) -> Near | None:
    """The nearest town within `FARTHEST_M` of a place in 1e-7 degrees of WGS-84, of whichever county; else None."""
    lat, lon = lat_e7 / 1e7, lon_e7 / 1e7
    across = cos(radians(lat))
    # Flat is true within some metres here; only the winner is measured on the sphere.
    town = min(TOWNS, key=lambda one: (lat - one.lat) ** 2 + ((lon - one.lon) * across) ** 2)
    distance_m = round(haversine_m(town.lat, town.lon, lat, lon))
    if distance_m > FARTHEST_M:
        return None
    bearing = degrees(atan2((lon - town.lon) * across, lat - town.lat))
    return Near(town, distance_m, _EIGHTHS[round(bearing / 45) % 8])
