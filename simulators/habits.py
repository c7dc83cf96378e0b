"""Where vehicles go and when: the first, simple habit. Later habits (days, duties, misuse) stand beside it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians

import numpy as np

from simulators.roads import DEGREE_M, RoadNetwork
from simulators.routing import Router

Place = tuple[float, float]  # latitude, longitude in degrees

_SHANGHAI_S = 8 * 3_600  # no daylight saving time

# Share of the fleet that drives, by local hour. A demonstration must live at night as well.
_MOVING_SHARE = (
    *(0.31, 0.30, 0.30, 0.30, 0.30, 0.31),
    *(0.34, 0.40, 0.45, 0.45, 0.44, 0.42),
    *(0.36, 0.36, 0.42, 0.44, 0.44, 0.42),
    *(0.40, 0.37, 0.35, 0.33, 0.32, 0.31),
)

_LONGEST_STAY_S = 6 * 3_600.0


def moving_share(now: float) -> float:
    """The share of vehicles that should be driving at `now` (Unix seconds)."""
    hours = (now + _SHANGHAI_S) % 86_400 / 3_600
    hour = int(hours)
    here, there = _MOVING_SHARE[hour], _MOVING_SHARE[(hour + 1) % 24]
    return here + (there - here) * (hours - hour)


def stay_s(drive_s: float, now: float, rng: np.random.Generator) -> float:
    """How long a vehicle stays parked after a drive: on average such that the share moving is as wished."""
    share = moving_share(now)
    return float(min(_LONGEST_STAY_S, max(60.0, drive_s * (1 - share) / share * rng.standard_exponential())))


@dataclass(frozen=True, slots=True)
class Map:
    """The roads with the places people drive to."""

    network: RoadNetwork
    router: Router

    @classmethod
    def of(cls, network: RoadNetwork) -> Map:
        return cls(network, Router(network))

    def destination(self, home_division: int, rng: np.random.Generator) -> Place:
        """Somewhere to go: mostly in the home county's seat or villages, sometimes far, seldom out of the city."""
        counties = sorted(self.network.towns)
        home = home_division if home_division in self.network.towns else counties[0]
        dice = rng.random()
        if dice < 0.01:
            return self._beside(self.network.beyond[0], rng)
        county = home if dice < 0.72 else counties[int(rng.integers(len(counties)))]
        villages = self.network.villages.get(county, ())
        junctions = villages if villages and rng.random() < 0.35 else self.network.towns[county].junctions
        return self._beside(junctions[int(rng.integers(len(junctions)))], rng)

    def parking(self, division: int, rng: np.random.Generator) -> Place:
        """A parking place in a county seat, for a vehicle whose own is not known; a city vehicle's is in the first."""
        town = self.network.towns.get(division) or self.network.towns[min(self.network.towns)]
        return self._beside(town.junctions[int(rng.integers(len(town.junctions)))], rng)

    def station(self, here: Place) -> Place:
        """The filling station nearest to a place: there is one at the middle of each county seat."""
        lat, lon = here
        centre = min(
            (town.centre for town in self.network.towns.values()),
            key=lambda junction: (
                (self.router.position(junction)[0] - lat) ** 2 + (self.router.position(junction)[1] - lon) ** 2
            ),
        )
        return self.router.position(centre)

    def _beside(self, junction: int, rng: np.random.Generator) -> Place:
        lat, lon = self.router.position(junction)
        east_m, north_m = rng.normal(0, 40, 2)
        return float(lat + north_m / DEGREE_M), float(lon + east_m / (DEGREE_M * cos(radians(lat))))
