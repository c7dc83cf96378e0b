"""超时未归: still out at the planned end plus grace. Fires on the clock, with no reading needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from fleet.geography.distance import haversine_m
from fleet.misuse.base import Base, Facts, GapItem, Item, StopItem, TripItem, span_of
from fleet.model.findings import Ground, Outcome, Severity, Subject, SubjectKind
from fleet.model.verdicts import OF_ORDERS, Grant


@dataclass(frozen=True, slots=True)
class OverdueReturn(Base):
    """The item that holds the deadline of an order speaks for it, so an order is overdue at most once.

    Extensions count when they were approved before the deadline they move. Where a silence allows it to have come back
    in between, nobody knows for which order it is out.
    """

    slug: ClassVar[str] = "overdue_return"
    version: ClassVar[int] = 3
    title_zh: ClassVar[str] = "超时未归"
    title_en: ClassVar[str] = "Not back in time"
    severity: ClassVar[Severity] = Severity.BLUE
    judges: ClassVar[tuple[type[Item], ...]] = (TripItem, StopItem, GapItem)
    policies: ClassVar[tuple[str, ...]] = ("overdue_return.grace_s", "overdue_return.radius_m")

    def judge(self, item: Item, facts: Facts) -> Iterable[Outcome]:
        assert isinstance(item, (TripItem, StopItem, GapItem))
        if facts.off_home_since is None:
            return
        if isinstance(item, StopItem) and self._is_back(item, facts):
            return
        grace = timedelta(seconds=self._number(facts, "grace_s"))
        begin, end = span_of(item, facts.now)
        for order_id, grants in _orders(facts, facts.off_home_since, grace):
            planned = _planned_end(grants, grace)
            deadline = planned + grace
            if not begin < deadline <= end:
                continue
            subject = Subject(SubjectKind.ORDER, order_id)
            if isinstance(item, GapItem):
                code = "silent_at_deadline"
            elif facts.perhaps_home_at is not None:
                code = "back_in_silence"
            else:
                code = "out_at_deadline"
            ground = Ground(
                code,
                {
                    "number": grants[0].number,
                    "planned_end": planned.isoformat(),
                    "deadline": deadline.isoformat(),
                    "out_since": facts.off_home_since.isoformat(),
                },
            )
            if code != "out_at_deadline":
                yield self._doubt(item, facts, begin=planned, end=deadline, grounds=[ground], subject=subject)
            else:
                yield self._found(
                    item,
                    facts,
                    begin=planned,
                    end=deadline,
                    proven_at=deadline,
                    grounds=[ground],
                    subject=subject,
                    orders=[order_id],
                )

    def _is_back(self, item: StopItem, facts: Facts) -> bool:
        """Beside its place is back: who parks across the street has not stayed out."""
        home, place = facts.home, item.stop.place
        if home is None:
            return False
        away_m = haversine_m(place.lat_e7 * 1e-7, place.lon_e7 * 1e-7, home.lat_e7 * 1e-7, home.lon_e7 * 1e-7)
        return away_m <= self._number(facts, "radius_m") + item.stop.radius_m

    def review(self, item: Item, facts: Facts) -> Iterable[datetime]:
        assert isinstance(item, (TripItem, StopItem, GapItem))
        if facts.off_home_since is None:
            return
        grace = timedelta(seconds=self._number(facts, "grace_s"))
        for _, grants in _orders(facts, facts.off_home_since, grace):
            yield _planned_end(grants, grace) + grace


def _orders(facts: Facts, left: datetime, grace: timedelta) -> Iterator[tuple[int, list[Grant]]]:
    """The orders in whose window the outing began, each with what allows it. One whose vehicle had come back before is
    done: who leaves again in what is left of its window is not out for it."""
    people = [
        one
        for one in facts.grants
        if one.kind in OF_ORDERS and not one.inferred and (one.returned_at is None or one.returned_at > left)
    ]
    for order_id in sorted({one.source_id for one in people}):
        grants = sorted((one for one in people if one.source_id == order_id), key=lambda one: one.version)
        if any(one.begin - grace <= left < one.end for one in grants):
            yield order_id, grants


def _planned_end(grants: list[Grant], grace: timedelta) -> datetime:
    """The end as it stood when it was reached: an extension approved after its deadline moves nothing."""
    planned = grants[0].end
    for one in grants[1:]:
        if one.known_at <= planned + grace:
            planned = one.end
    return planned
