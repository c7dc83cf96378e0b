"""拆除断电: the unit said that its power or antenna was cut or that it was taken out, and it was not mended at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from fleet.misuse.base import Base, EventItem, Facts, Item
from fleet.misuse.uncovered import seconds
from fleet.model.findings import Cited, Ground, Outcome, Severity
from fleet.model.moments import from_us
from fleet.model.trips import EventReading

_SAYS_SO = frozenset({"power_cut", "antenna_cut", "unit_removed"})


@dataclass(frozen=True, slots=True)
class UnitTampered(Base):
    """Power that is back within the grace was a repair or a weak battery; a unit fitted again within it, a service.
    A parked unit speaks every ten minutes only: that its power was not back is known when it is late after the grace.

    The unit's own words are the ground: a unit that merely falls silent is `unit_silent`. One that another soon
    replaces, by the registry, was taken out by a workshop.
    """

    slug: ClassVar[str] = "unit_tampered"
    version: ClassVar[int] = 3
    title_zh: ClassVar[str] = "拆除断电"
    title_en: ClassVar[str] = "Unit tampered with"
    judges: ClassVar[tuple[type[Item], ...]] = (EventItem,)
    policies: ClassVar[tuple[str, ...]] = (
        "unit_tampered.grace_s",
        "unit_tampered.exchange_s",
        "reporting.late_parked_s",
    )

    def judge(self, item: Item, facts: Facts) -> Iterable[Outcome]:
        assert isinstance(item, EventItem)
        event = item.event
        if event.event not in _SAYS_SO:
            return
        at = from_us(event.observed_at_us)
        until = self._until(event, facts)
        fitted = any(one.event == "unit_fitted" and from_us(one.observed_at_us) <= until for one in item.after)
        # A unit without power that is heard again has power again; a cut antenna does not silence it.
        heard = event.event == "power_cut" and item.heard_again_at is not None and item.heard_again_at <= until
        exchange = timedelta(seconds=self._number(facts, "exchange_s"))
        exchanged = item.replaced_at is not None and at <= item.replaced_at <= at + exchange
        if fitted or heard or exchanged or facts.now < until:
            return
        back = item.heard_again_at
        yield self._found(
            item,
            facts,
            begin=at,
            end=back,
            proven_at=until,
            severity=Severity.RED if event.event == "unit_removed" else self.severity,
            grounds=[
                Ground(
                    event.event,
                    {"back_at": None if back is None else back.isoformat(), "seconds": back and seconds(at, back)},
                )
            ],
            readings=[Cited(at, event=event.event)],
        )

    def review(self, item: Item, facts: Facts) -> Iterable[datetime]:
        assert isinstance(item, EventItem)
        if item.event.event in _SAYS_SO:
            yield self._until(item.event, facts)

    def _until(self, event: EventReading, facts: Facts) -> datetime:
        """From then on it was not mended at once."""
        grace_s = self._number(facts, "grace_s")
        if event.event == "power_cut":
            grace_s += int(facts.policies["reporting.late_parked_s"].value)
        return from_us(event.observed_at_us) + timedelta(seconds=grace_s)
