"""The tree of organs: the city, its nine counties, 510 organs below; 347 of them certified energy-saving."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from fleet.demonstration.draws import apportion, between, stream
from fleet.demonstration.functions import FUNCTIONS, TOWN, Function
from fleet.geography.divisions import CITY_CODE, COUNTIES, DIVISIONS, Division, county_polygons
from fleet.model.city import Organ
from fleet.model.registry import OrganKind

ENERGY_SAVING = 347
VEHICLES = 6_000

_METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class CountySize:
    """How large a county's administration is; `scale` multiplies the vehicles of each of its organs."""

    functions: int
    towns: int
    scale: float


_SIZES: dict[int, CountySize] = {
    530302: CountySize(functions=48, towns=6, scale=1.2),
    530303: CountySize(functions=35, towns=8, scale=0.85),
    530304: CountySize(functions=27, towns=6, scale=0.7),
    530322: CountySize(functions=41, towns=8, scale=1.0),
    530323: CountySize(functions=34, towns=7, scale=0.8),
    530324: CountySize(functions=38, towns=9, scale=0.95),
    530325: CountySize(functions=42, towns=9, scale=1.05),
    530326: CountySize(functions=45, towns=14, scale=1.15),
    530381: CountySize(functions=51, towns=14, scale=1.35),
}
_CITY_SCALE = 1.5
_NUMERALS = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class StaffedOrgan:
    """An organ with what it does and how many vehicles it has."""

    organ: Organ
    function: Function
    vehicles: int


@dataclass(frozen=True, slots=True)
class OrganTree:
    """`nodes`: the city and the counties, without vehicles of their own; `organs`: everything below them."""

    nodes: tuple[Organ, ...]
    organs: tuple[StaffedOrgan, ...]

    def all(self) -> tuple[Organ, ...]:
        return (*self.nodes, *(staffed.organ for staffed in self.organs))


def build_organs(seed: int) -> OrganTree:
    """The whole tree. Parents come before their children; ids count from 1 in that order."""
    rng = stream(seed, "organs")
    nodes = _nodes()
    counties = county_polygons()
    drafts: list[tuple[Organ, Function, float]] = []
    for node, division in zip(nodes, DIVISIONS, strict=True):
        polygon = counties[COUNTIES[0].code if division.code == CITY_CODE else division.code]
        size = _SIZES.get(division.code, CountySize(functions=len(FUNCTIONS), towns=0, scale=_CITY_SCALE))
        inner = polygon.buffer(-0.01) if size.towns else polygon  # towns lie a kilometre inside the county at least
        functions = [*FUNCTIONS[: size.functions], *[TOWN] * size.towns]
        for serial, function in enumerate(functions, start=1):
            town = serial - size.functions
            if function is TOWN:
                name = f"{division.name}示范{_numeral(town)}{TOWN.name}"
                lat, lon = _anywhere(rng, inner)
            else:
                name = division.name + function.name
                lat, lon = _around_seat(rng, division, polygon)
            organ = Organ(
                id=len(nodes) + len(drafts) + 1,
                code=f"{division.code}-{serial:03d}",
                name=name,
                kind=function.kind,
                division=division.code,
                parent_id=node.id,
                energy_saving=False,
                vehicle_quota=None,
                lat_e7=round(lat * 1e7),
                lon_e7=round(lon * 1e7),
            )
            drafts.append((organ, function, function.size * size.scale * between(rng, 0.75, 1.35)))
    counts = apportion(VEHICLES, [weight for _, _, weight in drafts], least=1)
    certified = set(rng.choice(len(drafts), size=ENERGY_SAVING, replace=False).tolist())
    return OrganTree(
        nodes=nodes,
        organs=tuple(
            StaffedOrgan(
                replace(organ, energy_saving=index in certified, vehicle_quota=_quota(rng, count)), function, count
            )
            for index, ((organ, function, _), count) in enumerate(zip(drafts, counts, strict=True))
        ),
    )


def _nodes() -> tuple[Organ, ...]:
    return tuple(
        Organ(
            id=number,
            code=str(division.code),
            name=division.name,
            kind=OrganKind.CITY if division.code == CITY_CODE else OrganKind.COUNTY,
            division=division.code,
            parent_id=None if division.code == CITY_CODE else 1,
            energy_saving=False,
            vehicle_quota=None,
            lat_e7=round(division.seat_lat * 1e7),
            lon_e7=round(division.seat_lon * 1e7),
        )
        for number, division in enumerate(DIVISIONS, start=1)
    )


def _numeral(number: int) -> str:
    """1–19 in Chinese numerals."""
    return _NUMERALS[number - 1] if number <= 10 else "十" + _NUMERALS[number - 11]


def _quota(rng: np.random.Generator, vehicles: int) -> int:
    """Most organs have a vehicle or two to spare; about one in twelve has more vehicles than it may."""
    if rng.random() < 0.08:
        return max(1, vehicles - 1 - int(rng.random() * 2))
    return vehicles + int(rng.random() * (2 + vehicles / 8))


def _around_seat(rng: np.random.Generator, division: Division, polygon: BaseGeometry) -> tuple[float, float]:
    """A point of the county's town, within a few kilometres of its seat."""
    spread_m = 2_200 if division.code == CITY_CODE else 1_300
    while True:
        lat, lon = moved(division.seat_lat, division.seat_lon, *(spread_m * rng.standard_normal(2)).tolist())
        if shapely.contains_xy(polygon, lon, lat):
            return lat, lon


def _anywhere(rng: np.random.Generator, polygon: BaseGeometry) -> tuple[float, float]:
    """A point of the polygon, uniform over its area."""
    min_lon, min_lat, max_lon, max_lat = polygon.bounds
    while True:
        lat, lon = between(rng, min_lat, max_lat), between(rng, min_lon, max_lon)
        if shapely.contains_xy(polygon, lon, lat):
            return lat, lon


def moved(lat: float, lon: float, north_m: float, east_m: float) -> tuple[float, float]:
    """The point so many metres away, in degrees; good to a metre over a few kilometres."""
    return lat + north_m / _METRES_PER_DEGREE, lon + east_m / (_METRES_PER_DEGREE * cos(radians(lat)))
