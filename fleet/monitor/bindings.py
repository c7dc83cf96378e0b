"""Which vehicle a unit sat in at a moment, and what a change of that touches. Moments in microseconds since 1970."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

BEGINNING_US = 0
END_US = 1 << 62


class Binding(NamedTuple):
    """`unit_id` sat in `vehicle_id` from `from_us` up to, not including, `to_us`."""

    from_us: int
    to_us: int
    unit_id: int
    vehicle_id: int


class Bindings:
    """All bindings, as they were read last. A unit is in one vehicle at a time, a vehicle has one unit at a time."""

    def __init__(self, rows: Iterable[Binding]) -> None:
        self._of_unit: dict[int, list[Binding]] = {}
        self._of_vehicle: dict[int, list[Binding]] = {}
        for row in sorted(rows):
            self._of_unit.setdefault(row.unit_id, []).append(row)
            self._of_vehicle.setdefault(row.vehicle_id, []).append(row)

    def vehicle_at(self, unit_id: int, at_us: int) -> int | None:
        """The vehicle, or None while the unit sits in none."""
        for row in reversed(self._of_unit.get(unit_id, ())):
            if row.from_us <= at_us:
                return row.vehicle_id if at_us < row.to_us else None
        return None

    def between(self, unit_id: int, from_us: int, to_us: int) -> list[Binding]:
        """The unit's bindings that overlap [from_us, to_us], each cut to it, oldest first."""
        return [
            row._replace(from_us=max(row.from_us, from_us), to_us=min(row.to_us, to_us + 1))
            for row in self._of_unit.get(unit_id, ())
            if row.from_us <= to_us and row.to_us > from_us
        ]

    def of_vehicle(self, vehicle_id: int, from_us: int) -> list[Binding]:
        """The vehicle's bindings that reach beyond `from_us`, oldest first."""
        return [row for row in self._of_vehicle.get(vehicle_id, ()) if row.to_us > from_us]

    def present(self, at_us: int) -> Mapping[int, int]:
        """unit -> vehicle for every unit that sits in one at `at_us`."""
        return {row.unit_id: row.vehicle_id for rows in self._of_unit.values() for row in rows if _holds(row, at_us)}

    def differing_from(self, before: Bindings) -> dict[int, int]:
        """The vehicles whose bindings are others now than they were in `before`: since when, at the earliest."""
        touched: dict[int, int] = {}
        for vehicle_id in self._of_vehicle.keys() | before._of_vehicle.keys():
            now, then = self._of_vehicle.get(vehicle_id, []), before._of_vehicle.get(vehicle_id, [])
            if now != then:
                touched[vehicle_id] = min(_changes(now, then))
        return touched


def _holds(row: Binding, at_us: int) -> bool:
    return row.from_us <= at_us < row.to_us


def _changes(now: list[Binding], then: list[Binding]) -> Iterable[int]:
    """The moments from which on rows that are in only one of the lists differ from the other list."""
    for ours, theirs in ((now, then), (then, now)):
        for row in ours:
            same_start = [other for other in theirs if (other.from_us, other.unit_id) == (row.from_us, row.unit_id)]
            if not same_start:
                yield row.from_us
            elif same_start[0].to_us != row.to_us:
                yield min(row.to_us, same_start[0].to_us)
