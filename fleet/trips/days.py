"""The fleet's day, which begins at 04:00 in Asia/Shanghai, and how a span is divided among days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from fleet.model.moments import day_begins_us, day_of
from fleet.trips.measure import seconds_between


def split(from_us: int, to_us: int) -> Iterator[tuple[date, int]]:
    """The days of a span, and how many of its seconds lie in each; the seconds add up to those of the span."""
    day = day_of(from_us)
    while True:
        ends_us = day_begins_us(day + timedelta(days=1))
        if to_us <= ends_us:
            yield day, seconds_between(from_us, to_us)
            return
        yield day, seconds_between(from_us, ends_us)
        from_us = ends_us
        day += timedelta(days=1)
