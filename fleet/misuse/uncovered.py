"""Which parts of a trip no order allowed when they were driven: what several rules ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from fleet.misuse.base import Facts
from fleet.model.findings import Ground
from fleet.model.verdicts import Part, Verdict
from fleet.workdays import HourKind, Hours, Piece, WorkCalendar, pieces


def hours_of(facts: Facts) -> Hours:
    """The working hours of the vehicle's organ."""
    value = {name: facts.policies[f"after_hours.{name}"].value for name in ("work_from", "work_to", "grace_s")}
    return Hours.parse(str(value["work_from"]), str(value["work_to"]), int(value["grace_s"]))


def next_boundary(begin: datetime, facts: Facts) -> Iterator[datetime]:
    """Where the kind of hour changes at or after `begin`, for two days: until then something else will happen."""
    begin -= timedelta(seconds=1)
    for piece in pieces(begin, begin + timedelta(days=2), facts.calendar, hours_of(facts)):
        yield piece.end


def not_allowed(verdict: Verdict) -> tuple[tuple[Part, bool], ...]:
    """Each such part, and whether an order was approved for it afterwards, in the order of time."""
    parts = [(part, False) for part in verdict.uncovered] + [(part, True) for part in verdict.covered_late]
    return tuple(sorted(parts, key=lambda one: one[0].begin))


def in_hours(parts: tuple[tuple[Part, bool], ...], calendar: WorkCalendar, hours: Hours) -> list[tuple[Piece, bool]]:
    """The parts, cut where the kind of hour changes."""
    return [(piece, late) for part, late in parts for piece in pieces(part.begin, part.end, calendar, hours)]


def of_kind(found: list[tuple[Piece, bool]], kind: HourKind) -> list[tuple[Piece, bool]]:
    return [(piece, late) for piece, late in found if piece.kind is kind]


def seconds(begin: datetime, end: datetime) -> int:
    """Whole seconds, never more than there were: a limit is reached when it is reached."""
    return (end - begin) // timedelta(seconds=1)


def said(code: str, found: list[tuple[Piece, bool]]) -> tuple[Ground, ...]:
    """One ground for each piece: its span, what its day is, and whether it was approved afterwards."""
    return tuple(
        Ground(
            code,
            {
                "from": piece.begin.isoformat(),
                "to": piece.end.isoformat(),
                "seconds": seconds(piece.begin, piece.end),
                "day": piece.ruling.day.isoformat(),
                "day_kind": piece.ruling.kind.value,
                "day_name": piece.ruling.name,
                "approved_afterwards": late,
            },
        )
        for piece, late in found
    )
