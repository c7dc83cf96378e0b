"""What a habit is: it bends a day's intentions, or what is measured of them, and says the truth about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from simulators.days.model import (
    CardRecord,
    Draft,
    Effect,
    Label,
    Leg,
    Notice,
    Outing,
    Subject,
    Today,
)
from simulators.draws import Draws


@dataclass(frozen=True, slots=True)
class Lived:
    """What came of the intentions: legs and the outings they belong to (leg.outing counts them), and the day's span."""

    begins_at: float
    ends_at: float
    legs: tuple[Leg, ...]
    outings: tuple[Outing, ...]

    def tagged(self, tag: str) -> list[tuple[Outing, list[Leg]]]:
        """The outings that a habit shaped and that took place, with their legs."""
        return [
            (outing, legs)
            for number, outing in enumerate(self.outings)
            if tag in outing.tags and (legs := [leg for leg in self.legs if leg.outing == number])
        ]

    def parked_spans(self, least_s: float) -> list[tuple[float, float]]:
        """Spans of at least so many seconds in which nothing moves, with ten minutes of margin."""
        marks = [self.begins_at]
        for leg in self.legs:
            marks += [leg.departs_at - leg.warm_s, leg.arrives_at + leg.idle_s]
        marks.append(self.ends_at)
        spans = [(marks[k] + 600, marks[k + 1] - 600) for k in range(0, len(marks), 2)]
        return [(begins, ends) for begins, ends in spans if ends - begins >= least_s]


@dataclass(slots=True)
class Found:
    """What a habit adds to a day that was lived."""

    effects: list[Effect] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    cards: list[CardRecord] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    def add(self, other: Found) -> None:
        self.effects += other.effects
        self.notices += other.notices
        self.cards += other.cards
        self.labels += other.labels


def nothing_to_draft(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    """For habits that leave the day as it is."""
    del subject, today, draft, draws
    return True


def needs_a_drive(subject: Subject, today: Today, draft: Draft, draws: Draws) -> bool:
    """For habits that leave the day as it is, and show on the road only."""
    del subject, today, draws
    return bool(draft.outings)


@dataclass(frozen=True, slots=True)
class Habit:
    """One habit, or an innocent look-alike of `rule`.

    `chance`: of a vehicle on a day. `draft` may change the intentions and answers whether the habit is possible that
    day; `settle` sees what came of them, adds what disturbs the measurement, and labels it.
    """

    rule: str
    name: str
    innocent: bool
    chance: float
    settle: Callable[[Habit, Subject, Today, Lived, Draws], Found]
    draft: Callable[[Subject, Today, Draft, Draws], bool] = nothing_to_draft

    def label(self, begins_at: float, ends_at: float, **facts: object) -> Label:
        return Label(self.rule, self.name, self.innocent, begins_at, ends_at, facts)


def label_outings(habit: Habit, subject: Subject, today: Today, lived: Lived, draws: Draws) -> Found:
    """Label every outing that carries the habit's name, from leaving to being back."""
    del subject, today, draws
    found = Found()
    for outing, legs in lived.tagged(habit.name):
        found.labels.append(
            habit.label(
                legs[0].departs_at,
                legs[-1].arrives_at,
                filing=outing.filing.value,
                distance_m=sum(leg.distance_m for leg in legs),
                trips=spans_of(legs),
            )
        )
    return found


def spans_of(legs: list[Leg]) -> list[dict[str, object]]:
    """The facts of each drive."""
    return [
        {
            "from": leg.departs_at,
            "to": leg.arrives_at,
            "distance_m": leg.distance_m,
            "start": leg.start.place,
            "end": leg.end.place,
            "destination": leg.name,
        }
        for leg in legs
    ]
