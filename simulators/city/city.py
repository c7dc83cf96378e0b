"""Roads, router and sites together, with the questions a day's plan asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simulators.city.sites import RegisteredSite, Site, SiteKind, draw_sites
from simulators.draws import Draws
from simulators.roads import RoadNetwork
from simulators.routing import Anchor, Place, Router


@dataclass(frozen=True, slots=True)
class City:
    """Built once a process. `sites_of` answers by county and kind."""

    network: RoadNetwork
    router: Router
    sites: tuple[Site, ...]
    _by_kind: dict[tuple[int, SiteKind], tuple[Site, ...]]
    _nearest: dict[tuple[SiteKind, int], Site]
    _around: dict[tuple[SiteKind, int, int], tuple[Site, ...]]

    @classmethod
    def of(cls, network: RoadNetwork, registered: Sequence[RegisteredSite] = ()) -> City:
        """`registered`: places of the registry that take the stead of drawn ones."""
        router = Router(network)
        sites = draw_sites(network, router, registered)
        by_kind: dict[tuple[int, SiteKind], list[Site]] = {}
        for site in sites:
            by_kind.setdefault((site.division, site.kind), []).append(site)
        return cls(network, router, sites, {key: tuple(found) for key, found in by_kind.items()}, {}, {})

    @property
    def counties(self) -> tuple[int, ...]:
        return tuple(sorted(self.network.towns))

    @property
    def beyond(self) -> int:
        """The code of the capital outside the city."""
        return self.network.beyond.division.code

    def county_of(self, division: int) -> int:
        """The county in which an organ of a division has its seat: the city's own sit in the first."""
        return division if division in self.network.towns else self.counties[0]

    def sites_of(self, division: int, kind: SiteKind) -> tuple[Site, ...]:
        return self._by_kind.get((division, kind), ())

    def nearest(self, kind: SiteKind, here: Anchor) -> Site:
        """The site of a kind that is quickest to reach from the junction of a place."""
        key = (kind, here.junction)
        found = self._nearest.get(key)
        if found is None:
            # From the junction itself: what is kept for all its places must not depend on which of them asked first.
            junction = self.router.anchor(*self.router.position(here.junction))
            near = _by_distance((site for site in self.sites if site.kind is kind), junction.place)[:4]
            found = self._nearest[key] = min(near, key=lambda site: self.router.way(junction, site.anchor).drive_s)
        return found

    def nearby(self, kind: SiteKind, here: Anchor) -> Sequence[Site]:
        """The forty sites of a kind that are nearest to the junction of a place, in whatever county."""
        key = (kind, 0, here.junction)
        found = self._around.get(key)
        if found is None:
            junction = self.router.position(here.junction)
            found = self._around[key] = tuple(
                _by_distance((one for one in self.sites if one.kind is kind), junction)[:40]
            )
        return found

    def around(self, kind: SiteKind, division: int, here: Anchor) -> tuple[Site, ...]:
        """The sites of a kind in a county, the one nearest to the junction of a place first."""
        key = (kind, division, here.junction)
        found = self._around.get(key)
        if found is None:
            junction = self.router.position(here.junction)
            found = self._around[key] = tuple(_by_distance(self.sites_of(division, kind), junction))
        return found

    def yard(self, division: int, draws: Draws) -> Place:
        """A parking place for a vehicle whose own is not known: beside an office of its county."""
        lat, lon = draws.one_of(self.sites_of(self.county_of(division), SiteKind.OFFICE)).place
        return (lat + draws.between(-2e-4, 2e-4), lon + draws.between(-2e-4, 2e-4))


def _by_distance(sites: Iterable[Site], here: Place) -> list[Site]:
    lat, lon = here
    return sorted(sites, key=lambda site: (site.place[0] - lat) ** 2 + (site.place[1] - lon) ** 2)
