"""What a monthly report tells: plain data, read by the store, shown by `fleet.reports.page`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from fleet.reports.usage import Medium, Method, Parts
from fleet.statistics.base import Parts as Counted
from fleet.statistics.base import Statistic


@dataclass(frozen=True, slots=True)
class Whose:
    """An organ with all below it; None as `organ_id` = the whole of what the reader may see."""

    organ_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One statistic in the month and in the same month a year before; the target, where there is one, in its unit."""

    statistic: Statistic
    parts: Counted
    before: Counted
    target: int | None = None

    @property
    def value(self) -> float | None:
        return self.statistic.value(self.parts)

    @property
    def change(self) -> float | None:
        """Less the year before, rounded as the figure is."""
        now, then = self.statistic.figure(self.parts), self.statistic.figure(self.before)
        return None if now is None or then is None else float(round(now - then, self.statistic.decimals))


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the trend: the parts of a few statistics by slug, and the energy of the month."""

    month: date
    counted: Mapping[str, Counted]


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A county, or an organ: the parts of a few statistics, and its energy now and a year before."""

    key: int
    name: str
    name_en: str
    counted: Mapping[str, Counted]
    energy: Parts
    energy_before: Parts


@dataclass(frozen=True, slots=True)
class OddVehicle:
    """A vehicle that is flagged by the rule of `fleet.reports.outliers`."""

    vehicle_id: int
    plate: str
    organ: str
    medium: Medium
    method: Method
    per_100km: Fraction
    median: Fraction
    peers: int
    distance_m: int
    high: bool


@dataclass(frozen=True, slots=True)
class Factor:
    """A policy that figures were calculated with: its value at the end of the month, and the version it comes from."""

    slug: str
    zh: str
    en: str
    unit: str
    value: int
    version_id: int | None
    organs: int  # how many organs had another value at some time of the month


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`limited`: a token's period leaves out some of the month. `by_county`: whether the places are counties.
    `odd_total`: flagged vehicles, of which `odd` names the first.
    """

    whose: Whose
    month: date
    last: date
    made_at: datetime
    made_by: str
    confidential: bool
    over: bool
    limited: bool
    figures: Mapping[str, Figure]
    months: Sequence[Month]
    by_county: bool
    places: Sequence[PlaceRow]
    energy: Parts
    energy_before: Parts
    odd: Sequence[OddVehicle]
    odd_total: int
    factors: Sequence[Factor]
