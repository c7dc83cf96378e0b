"""封存动车: a vehicle on a sealing list moved, or was elsewhere when it was heard again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from fleet.misuse.base import Base, Facts, GapItem, Item, Sealing, TripItem, ends_of, span_of
from fleet.misuse.uncovered import seconds
from fleet.model.findings import Cited, Ground, Outcome, Severity
from fleet.model.moments import from_us
from fleet.model.trips import Gap
from fleet.model.verdicts import VerdictKind


@dataclass(frozen=True, slots=True)
class SealedVehicleMoved(Base):
    """A silence alone accuses nobody: only where the vehicle stands elsewhere afterwards, or its odometer grew, has it
    moved. A silence that hides whether it did is a doubt.
    """

    slug: ClassVar[str] = "sealed_vehicle_moved"
    title_zh: ClassVar[str] = "封存动车"
    title_en: ClassVar[str] = "Sealed vehicle moved"
    severity: ClassVar[Severity] = Severity.RED
    judges: ClassVar[tuple[type[Item], ...]] = (TripItem, GapItem)
    policies: ClassVar[tuple[str, ...]] = ("sealed_vehicle_moved.least_m", "sealed_vehicle_moved.silent_s")

    def judge(self, item: Item, facts: Facts) -> Iterable[Outcome]:
        assert isinstance(item, (TripItem, GapItem))
        begin, end = span_of(item, facts.now)
        sealing = next((one for one in facts.sealings if _overlap(one, begin, end)), None)
        if sealing is None:
            return
        if isinstance(item, TripItem):
            yield from self._trip(item, facts, sealing, begin, end)
        else:
            yield from self._gap(item, facts, sealing, begin, end)

    def review(self, item: Item, facts: Facts) -> Iterable[datetime]:
        if isinstance(item, GapItem) and item.gap.ended_us is None:
            begin, _ = span_of(item, facts.now)
            for sealing in facts.sealings:
                yield max(begin, sealing.begin) + timedelta(seconds=self._number(facts, "silent_s"))
        if isinstance(item, TripItem) and item.trip.ended_us is None:
            yield from (sealing.begin for sealing in facts.sealings)

    def watch(self, item: TripItem, facts: Facts) -> datetime | None:
        begin, end = span_of(item, facts.now)
        sealed = any(_overlap(one, begin, end) for one in facts.sealings)
        return begin if sealed and item.trip.distance_m < self._number(facts, "least_m") else None

    def _trip(
        self, item: TripItem, facts: Facts, sealing: Sealing, begin: datetime, end: datetime
    ) -> Iterable[Outcome]:
        if item.trip.distance_m < self._number(facts, "least_m"):
            return
        ordered = item.verdict.kind in {
            VerdictKind.APPROVED,
            VerdictKind.APPROVED_WITH_DEVIATION,
            VerdictKind.EMERGENCY_PENDING,
        }
        yield self._found(
            item,
            facts,
            begin=max(begin, sealing.begin),
            end=None if item.trip.ended_us is None else end,
            proven_at=from_us(item.trip.begin.decided_at_us),
            severity=Severity.YELLOW if ordered else self.severity,
            grounds=[Ground("moved_while_sealed", {**_named(sealing), "distance_m": item.trip.distance_m})],
            readings=ends_of(item.trip),
            orders=item.verdict.order_ids,
        )

    def _gap(self, item: GapItem, facts: Facts, sealing: Sealing, begin: datetime, end: datetime) -> Iterable[Outcome]:
        gap = item.gap
        least_m = self._number(facts, "least_m")
        moved = max(gap.metres_apart or 0, gap.odometer_m or 0)
        within = sealing.begin <= begin and (sealing.end is None or end <= sealing.end)
        data = {
            **_named(sealing),
            "seconds": seconds(begin, end),
            "metres_apart": gap.metres_apart,
            "odometer_m": gap.odometer_m,
        }
        if gap.ended_us is not None and moved >= least_m:
            if within:
                yield self._found(
                    item,
                    facts,
                    begin=begin,
                    end=end,
                    proven_at=end,
                    grounds=[Ground("moved_in_silence_while_sealed", data)],
                    readings=_around(gap),
                )
            else:
                # It may have moved before the list began or after it ended.
                yield self._doubt(item, facts, begin=begin, end=end, grounds=[Ground("may_have_moved", data)])
        elif seconds(max(begin, sealing.begin), end) >= self._number(facts, "silent_s") and gap.ended_us is None:
            yield self._doubt(item, facts, begin=begin, end=None, grounds=[Ground("silent_while_sealed", data)])


def _overlap(sealing: Sealing, begin: datetime, end: datetime) -> bool:
    return begin < (sealing.end or end) and end > sealing.begin


def _named(sealing: Sealing) -> dict[str, object]:
    return {
        "list_id": sealing.list_id,
        "list": sealing.name,
        "sealed_from": sealing.begin.isoformat(),
        "sealed_to": None if sealing.end is None else sealing.end.isoformat(),
    }


def _around(gap: Gap) -> tuple[Cited, ...]:
    cited = []
    if gap.before is not None:
        cited.append(Cited(from_us(gap.started_us), gap.before.lat_e7, gap.before.lon_e7))
    if gap.after is not None and gap.ended_us is not None:
        cited.append(Cited(from_us(gap.ended_us), gap.after.lat_e7, gap.after.lon_e7))
    return tuple(cited)
