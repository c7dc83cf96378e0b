"""Places people drive to: drawn beside the roads, named by their division and number, never after a real place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from fleet.geography.divisions import Division
from simulators.draws import Draws
from simulators.roads import RoadNetwork, moved
from simulators.routing import Anchor, Place, Router


class SiteKind(Enum):
    STATION = "station"
    CHARGER = "charger"
    HOSPITAL = "hospital"
    SCHOOL = "school"
    MARKET = "market"
    OFFICE = "office"
    COMPANY = "company"
    HOUSING = "housing"
    HOTEL = "hotel"
    VILLAGE = "village"
    FOREST_POST = "forest_post"
    RESERVOIR = "reservoir"
    SCENIC = "scenic"
    ENTERTAINMENT = "entertainment"
    PRIVATE_CLUB = "private_club"


RESTRICTED = frozenset({SiteKind.SCENIC, SiteKind.ENTERTAINMENT, SiteKind.PRIVATE_CLUB})

_NAMES = {
    SiteKind.STATION: "加油站",
    SiteKind.CHARGER: "充电站",
    SiteKind.HOSPITAL: "医院",
    SiteKind.SCHOOL: "学校",
    SiteKind.MARKET: "集贸市场",
    SiteKind.OFFICE: "办公区",
    SiteKind.COMPANY: "企业",
    SiteKind.HOUSING: "小区",
    SiteKind.HOTEL: "宾馆",
    SiteKind.VILLAGE: "村",
    SiteKind.FOREST_POST: "护林站",
    SiteKind.RESERVOIR: "水库",
    SiteKind.SCENIC: "景区",
    SiteKind.ENTERTAINMENT: "娱乐城",
    SiteKind.PRIVATE_CLUB: "会所",
}
_COUNTS: tuple[tuple[SiteKind, int, int], ...] = (  # in each county's town, and in its villages
    (SiteKind.STATION, 4, 14),
    (SiteKind.CHARGER, 4, 1),
    (SiteKind.HOSPITAL, 4, 2),
    (SiteKind.SCHOOL, 10, 5),
    (SiteKind.MARKET, 4, 2),
    (SiteKind.OFFICE, 26, 0),
    (SiteKind.COMPANY, 10, 2),
    (SiteKind.HOUSING, 30, 0),
    (SiteKind.HOTEL, 5, 0),
    (SiteKind.ENTERTAINMENT, 3, 0),
    (SiteKind.PRIVATE_CLUB, 1, 0),
    (SiteKind.FOREST_POST, 0, 6),
    (SiteKind.RESERVOIR, 0, 4),
    (SiteKind.SCENIC, 0, 2),
)
_BEYOND = ((SiteKind.OFFICE, 12), (SiteKind.HOTEL, 6), (SiteKind.HOSPITAL, 3), (SiteKind.STATION, 2))


@dataclass(frozen=True, slots=True)
class RegisteredSite:
    """A place that the registry knows; it takes the stead of the drawn ones of its kind in its county."""

    kind: SiteKind
    name: str
    division: int
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Site:
    """A place with its name, the county it lies in (the capital's code beyond), and where it touches the roads."""

    kind: SiteKind
    name: str
    division: int
    anchor: Anchor

    @property
    def place(self) -> Place:
        return self.anchor.place


def draw_sites(network: RoadNetwork, router: Router, registered: Sequence[RegisteredSite]) -> tuple[Site, ...]:
    """All places, county by county; the same network and registry give the same places."""
    known = {(one.division, one.kind) for one in registered}
    found: list[Site] = []
    for code, town in sorted(network.towns.items()):
        draws = Draws(network.seed, "sites", code)
        villages = network.villages.get(code, ())
        for kind, in_town, in_villages in _COUNTS:
            for number in range(1, in_town + in_villages + 1):
                rural = number > in_town and bool(villages)
                junction = draws.one_of(villages if rural else town.junctions)
                place = _beside(router.position(junction), draws, 250 if rural else 35)
                if (code, kind) not in known:
                    found.append(_site(kind, town.division, number, place, router))
        for number, junction in enumerate(villages, start=1):
            place = _beside(router.position(junction), draws, 60)
            found.append(_site(SiteKind.VILLAGE, town.division, number, place, router))
    beyond, draws = network.beyond, Draws(network.seed, "sites", "beyond")
    for kind, count in _BEYOND:
        for number in range(1, count + 1):
            place = _beside(router.position(draws.one_of(beyond.junctions)), draws, 35)
            found.append(_site(kind, beyond.division, number, place, router))
    found += [Site(one.kind, one.name, one.division, router.anchor(one.lat, one.lon)) for one in registered]
    return tuple(found)


def _site(kind: SiteKind, division: Division, number: int, place: Place, router: Router) -> Site:
    return Site(kind, f"{division.name}第{number}{_NAMES[kind]}", division.code, router.anchor(*place))


def _beside(here: Place, draws: Draws, spread_m: float) -> Place:
    return moved(here[0], here[1], draws.normal(0, spread_m), draws.normal(0, spread_m))
