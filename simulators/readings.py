"""What a unit measured over a span of time, as columns of whole numbers in the wire's smallest units. Pure.

The same columns answer both ways of playing: history takes them whole, a live unit takes one row after the other, so
that both send the same readings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fleet.model.readings import Kind

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Moments:
    """When: Unix milliseconds. `taken_ms` is true time, `observed_ms` what the unit's clock says at that moment,
    `leaves_ms` when the radio network takes the sample (the same as `taken_ms` but in a dead valley)."""

    taken_ms: Integers
    observed_ms: Integers
    leaves_ms: Integers

    def __len__(self) -> int:
        return len(self.taken_ms)


@dataclass(frozen=True, slots=True)
class Positions:
    """n fixes in the unit's own datum; every column has n rows."""

    when: Moments
    lat_e7: Integers
    lon_e7: Integers
    speed_dkmh: Integers
    heading_deg: Integers
    altitude_m: Integers
    hdop_tenths: Integers
    satellites: Integers
    ignition: Flags
    odometer_m: Integers
    gcj02: bool

    def __len__(self) -> int:
        return len(self.when)

    def fields(self, row: int) -> dict[str, object]:
        """The payload of one sample without time, seq and run."""
        fields: dict[str, object] = {
            "lat": int(self.lat_e7[row]) / 1e7,
            "lon": int(self.lon_e7[row]) / 1e7,
            "speed_kmh": int(self.speed_dkmh[row]) / 10,
            "heading_deg": int(self.heading_deg[row]),
            "altitude_m": int(self.altitude_m[row]),
            "hdop": int(self.hdop_tenths[row]) / 10,
            "satellites": int(self.satellites[row]),
            "ignition": bool(self.ignition[row]),
            "odometer_km": int(self.odometer_m[row]) / 1_000,
        }
        if self.gcj02:
            fields["datum"] = "gcj02"
        return fields


@dataclass(frozen=True, slots=True)
class Usages:
    """n readings of counters and levels; a column is None where the vehicle has nothing of the kind."""

    when: Moments
    odometer_m: Integers
    ignition: Flags
    fuel_level_permille: Integers | None
    fuel_level_ml: Integers | None
    fuel_used_ml: Integers | None
    engine_s: Integers | None
    soc_permille: Integers | None
    energy_used_wh: Integers | None
    energy_charged_wh: Integers | None
    charging: Flags | None

    def __len__(self) -> int:
        return len(self.when)

    def fields(self, row: int) -> dict[str, object]:
        """The payload of one sample without time, seq and run."""
        fields: dict[str, object] = {"odometer_km": int(self.odometer_m[row]) / 1_000}
        for name, column, scale in (
            ("fuel_level_pct", self.fuel_level_permille, 10),
            ("fuel_level_l", self.fuel_level_ml, 1_000),
            ("fuel_used_l", self.fuel_used_ml, 1_000),
            ("engine_hours_h", self.engine_s, 3_600),
            ("soc_pct", self.soc_permille, 10),
            ("energy_used_kwh", self.energy_used_wh, 1_000),
            ("energy_charged_kwh", self.energy_charged_wh, 1_000),
        ):
            if column is not None:
                fields[name] = round(int(column[row]) / scale, 4)
        fields["ignition"] = bool(self.ignition[row])
        if self.charging is not None:
            fields["charging"] = bool(self.charging[row])
        return fields


@dataclass(frozen=True, slots=True)
class Events:
    """n events of the wire's vocabulary, with their detail or None."""

    when: Moments
    names: tuple[str, ...]
    details: tuple[dict[str, object] | None, ...]

    def __len__(self) -> int:
        return len(self.when)

    def fields(self, row: int) -> dict[str, object]:
        """The payload of one sample without time, seq and run."""
        detail = self.details[row]
        return {"event": self.names[row]} | ({} if detail is None else {"detail": detail})


@dataclass(frozen=True, slots=True)
class Reading:
    """One sample: true time, the unit's time and the time it can be sent, in Unix seconds; its payload's fields."""

    kind: Kind
    taken_at: float
    observed_at: float
    leaves_at: float
    fields: dict[str, object]


@dataclass(frozen=True, slots=True)
class Readings:
    """All a unit measured in a span, each kind in order of time."""

    positions: Positions
    usages: Usages
    events: Events

    def __len__(self) -> int:
        return len(self.positions) + len(self.usages) + len(self.events)

    def rows(self) -> list[Reading]:
        """Every sample, in the order in which the unit records them: by time, events before what they caused."""
        found: list[tuple[int, int, int, Reading]] = []
        tables: tuple[tuple[Kind, Events | Positions | Usages], ...] = (
            (Kind.EVENT, self.events),
            (Kind.POSITION, self.positions),
            (Kind.USAGE, self.usages),
        )
        for order, (kind, table) in enumerate(tables):
            when = table.when
            for row in range(len(table)):
                taken_ms = int(when.taken_ms[row])
                reading = Reading(
                    kind,
                    taken_ms / 1_000,
                    int(when.observed_ms[row]) / 1_000,
                    int(when.leaves_ms[row]) / 1_000,
                    table.fields(row),
                )
                found.append((taken_ms, order, row, reading))
        found.sort(key=lambda entry: entry[:3])
        return [entry[3] for entry in found]


def joined(parts: Sequence[Readings]) -> Readings:
    """Spans of one unit that follow each other, as one; at least one is needed."""
    if len(parts) == 1:
        return parts[0]
    events = [part.events for part in parts]
    return Readings(
        _table([part.positions for part in parts], Positions),
        _table([part.usages for part in parts], Usages),
        Events(
            _moments([one.when for one in events]),
            tuple(name for one in events for name in one.names),
            tuple(detail for one in events for detail in one.details),
        ),
    )


def _moments(parts: Sequence[Moments]) -> Moments:
    return Moments(
        np.concatenate([one.taken_ms for one in parts]),
        np.concatenate([one.observed_ms for one in parts]),
        np.concatenate([one.leaves_ms for one in parts]),
    )


T = TypeVar("T", Positions, Usages)


def _table(parts: Sequence[T], table: type[T]) -> T:
    columns: dict[str, Any] = {}
    for column in fields(table):
        values = [getattr(part, column.name) for part in parts]
        if column.name == "when":
            columns["when"] = _moments(values)
        elif isinstance(values[0], np.ndarray):
            columns[column.name] = np.concatenate(values)
        else:
            columns[column.name] = values[0]
    return table(**columns)
