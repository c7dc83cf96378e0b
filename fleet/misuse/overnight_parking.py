"""夜间未定点停放: parked at night away from the designated place, with no order for the night."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import ClassVar

from fleet.geography.distance import haversine_m
from fleet.misuse.base import Base, Facts, Item, StopItem, span_of
from fleet.misuse.uncovered import seconds
from fleet.model.findings import Cited, Ground, Outcome, Severity
from fleet.model.moments import LOCAL


@dataclass(frozen=True, slots=True)
class OvernightParking(Base):
    """Counted is the time of the stop within one night that no window of an order or exemption covers.

    Without a designated place nothing can be said, and where orders were not kept here only a doubt. Drift is borne by
    the radius plus the scatter of the stop's fixes.
    """

    slug: ClassVar[str] = "overnight_parking"
    version: ClassVar[int] = 2
    title_zh: ClassVar[str] = "夜间未定点停放"
    title_en: ClassVar[str] = "Parked elsewhere at night"
    severity: ClassVar[Severity] = Severity.BLUE
    judges: ClassVar[tuple[type[Item], ...]] = (StopItem,)
    policies: ClassVar[tuple[str, ...]] = (
        "overnight_parking.from",
        "overnight_parking.to",
        "overnight_parking.radius_m",
        "overnight_parking.least_s",
        "reconciliation.orders_kept",
    )

    def judge(self, item: Item, facts: Facts) -> Iterable[Outcome]:
        assert isinstance(item, StopItem)
        place = item.stop.place
        if facts.home is None or item.stop.positions == 0:
            return
        metres = haversine_m(
            place.lat_e7 * 1e-7, place.lon_e7 * 1e-7, facts.home.lat_e7 * 1e-7, facts.home.lon_e7 * 1e-7
        )
        if metres <= self._number(facts, "radius_m") + item.stop.radius_m:
            return
        begin, end = span_of(item, facts.now)
        least_s = self._number(facts, "least_s")
        nights = [
            (night, _uncovered(max(begin, night[0]), min(end, night[1]), facts))
            for night in self._nights(facts, begin, end)
        ]
        late = [(night, parts) for night, parts in nights if sum(seconds(*part) for part in parts) >= least_s]
        if not late:
            return
        grounds = [
            Ground(
                "parked_elsewhere",
                {
                    "night_from": night[0].isoformat(),
                    "night_to": night[1].isoformat(),
                    "seconds": sum(seconds(*part) for part in parts),
                    "metres_from_place": round(metres),
                },
            )
            for night, parts in late
        ]
        first = late[0][1][0][0]
        if not facts.policies["reconciliation.orders_kept"].value:
            grounds.append(Ground("orders_not_kept"))
            yield self._doubt(item, facts, begin=first, end=late[-1][1][-1][1], grounds=grounds)
            return
        yield self._found(
            item,
            facts,
            begin=first,
            end=None if item.stop.ended_us is None else late[-1][1][-1][1],
            proven_at=first + timedelta(seconds=least_s),
            grounds=grounds,
            readings=[Cited(begin, place.lat_e7, place.lon_e7)],
            count=len(late),
        )

    def review(self, item: Item, facts: Facts) -> Iterable[datetime]:
        """When the least time of a night is reached: counted from its begin, and from where a window ends in it."""
        assert isinstance(item, StopItem)
        if item.stop.ended_us is not None:
            return
        begin, _ = span_of(item, facts.now)
        least = timedelta(seconds=self._number(facts, "least_s"))
        for opens, closes in self._nights(facts, begin, facts.now + timedelta(days=2)):
            left, total = least, timedelta(0)
            for first, last in _uncovered(max(begin, opens), closes, facts):
                if total < least <= total + (last - first):
                    yield first + left
                total += last - first
                left = least - total

    def _nights(self, facts: Facts, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        opens = time.fromisoformat(str(facts.policies["overnight_parking.from"].value))
        closes = time.fromisoformat(str(facts.policies["overnight_parking.to"].value))
        day = begin.astimezone(LOCAL).date() - timedelta(days=1)
        while (night := _night(day, opens, closes))[0] < end:
            if night[1] > begin:
                yield night
            day += timedelta(days=1)


def _night(day: date, opens: time, closes: time) -> tuple[datetime, datetime]:
    begin = datetime.combine(day, opens, tzinfo=LOCAL)
    end = datetime.combine(day if closes > opens else day + timedelta(days=1), closes, tzinfo=LOCAL)
    return begin, end


def _uncovered(begin: datetime, end: datetime, facts: Facts) -> list[tuple[datetime, datetime]]:
    """What of [begin, end) lies in no window of a grant."""
    left = [(begin, end)] if begin < end else []
    for grant in facts.grants:
        if grant.inferred:
            continue
        left = [
            part
            for one, other in left
            for part in ((one, min(other, grant.begin)), (max(one, grant.end), other))
            if part[0] < part[1]
        ]
    return sorted(set(left))
