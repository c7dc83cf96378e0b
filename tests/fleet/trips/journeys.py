"""Journeys with a known truth, and units that report them well or badly. Everything is drawn from a seed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import cos, pi, radians, sin

import numpy as np

from fleet.model.trips import (
    EventReading,
    Gap,
    PositionReading,
    Segment,
    Stop,
    StoredReading,
    Trip,
    TripParameters,
    UsageReading,
)
from fleet.trips.fold import Closed, begin, open_segment, step

M_PER_DEGREE = 6_371_008.8 * pi / 180
LAT, LON = 25.5, 103.8
START_S = 1_760_000_000
PARAMETERS = TripParameters()


def us(seconds: float) -> int:
    return round(seconds * 1_000_000)


def point(east_m: float, north_m: float) -> tuple[int, int]:
    """A place east and north of the centre, in 1e-7 degrees."""
    lat = LAT + north_m / M_PER_DEGREE
    return round(lat * 1e7), round((LON + east_m / (M_PER_DEGREE * cos(radians(LAT)))) * 1e7)


@dataclass(frozen=True)
class Motion:
    """What is true at a moment."""

    east_m: float
    north_m: float
    speed_ms: float
    odometer_m: float
    ignition: bool


@dataclass
class Truth:
    """A vehicle's day, second by second, from `START_S` on."""

    east_m: list[float] = field(default_factory=lambda: [0.0])
    north_m: list[float] = field(default_factory=lambda: [0.0])
    speed_ms: list[float] = field(default_factory=lambda: [0.0])
    driven_m: list[float] = field(default_factory=lambda: [0.0])
    ignition: list[bool] = field(default_factory=lambda: [False])
    drives: list[tuple[float, float]] = field(default_factory=list)
    """(first, last) second of each drive, from the first turn of the wheels to the last."""
    heading: float = 0.3

    @property
    def end_s(self) -> int:
        return len(self.east_m) - 1

    def stand(self, seconds: int, ignition: bool = False) -> Truth:
        for _ in range(seconds):
            self._second(0.0, ignition)
        return self

    def drive(self, metres: float, kmh: float = 50, *, red_lights: Iterable[int] = (), turn: float = 0.0004) -> Truth:
        """Accelerate, hold, brake; `red_lights`: seconds of standing, spread over the way."""
        waits = list(red_lights)
        start_s = self.end_s
        legs = len(waits) + 1
        for number in range(legs):
            self._leg(metres / legs, kmh / 3.6, turn if number % 2 else -turn)
            if number < len(waits):
                self.stand(waits[number], ignition=True)
        self.drives.append((start_s, self.end_s))
        return self

    def at(self, second: float) -> Motion:
        k = min(max(0, int(second)), self.end_s)
        return Motion(self.east_m[k], self.north_m[k], self.speed_ms[k], self.driven_m[k], self.ignition[k])

    def _leg(self, metres: float, top_ms: float, turn: float) -> None:
        done_m, speed_ms = 0.0, 0.0
        while done_m < metres - 0.5:
            left_m = metres - done_m
            speed_ms = min(speed_ms + 1.3, top_ms, (2 * 1.6 * left_m) ** 0.5, left_m)
            speed_ms = max(speed_ms, 0.4)
            self.heading += turn * speed_ms
            self._second(speed_ms, True)
            done_m += speed_ms
        self.speed_ms[-1] = 0.0

    def _second(self, speed_ms: float, ignition: bool) -> None:
        self.east_m.append(self.east_m[-1] + speed_ms * cos(self.heading))
        self.north_m.append(self.north_m[-1] + speed_ms * sin(self.heading))
        self.speed_ms.append(speed_ms)
        self.driven_m.append(self.driven_m[-1] + speed_ms)
        self.ignition.append(ignition)


@dataclass(frozen=True)
class Unit:
    """How a unit reports."""

    every_s: float = 10
    parked_every_s: float = 600
    phase_s: float = 0
    jitter_s: float = 0
    speed: bool = True
    ignition: bool = True
    events: bool = False
    odometer: bool = True
    odometer_step_m: int = 1
    usage_every_s: float | None = None
    usage_odometer: bool = True
    quality: tuple[int, int] | None = (8, 12)  # hdop in tenths, satellites
    noise_m: float = 3.0
    unit_id: int = 7
    run: int = 1
    odometer_at_start_m: int = 41_234_567
    seed: int = 1
    wakes: bool = True
    """Reports at once when the engine goes on or off."""

    def report(self, truth: Truth) -> list[StoredReading]:
        """All readings of the day in the order of their keys."""
        rng = np.random.default_rng(self.seed)
        readings: list[StoredReading] = []
        noise = np.zeros(2)
        at, was = self.phase_s, truth.at(0).ignition
        changes = [k for k in range(1, truth.end_s + 1) if truth.ignition[k] != truth.ignition[k - 1]]
        moments: list[float] = []
        while at <= truth.end_s:
            moments.append(at)
            awake = truth.at(at).ignition or truth.at(at).speed_ms > 0
            step_s = self.every_s if awake else self.parked_every_s
            step_s += float(rng.uniform(-self.jitter_s, self.jitter_s)) if self.jitter_s else 0.0
            following = at + max(0.5, step_s)
            later = bisect_right(changes, at)
            if self.wakes and later < len(changes) and changes[later] < following:
                following = float(changes[later])
            at = following
        usage_at = 0.0
        for seq, at in enumerate(moments, 1):
            motion = truth.at(at)
            noise = 0.9 * noise + self.noise_m * (1 - 0.81) ** 0.5 * rng.standard_normal(2)
            lat_e7, lon_e7 = point(motion.east_m + noise[0], motion.north_m + noise[1])
            odometer_m = self.odometer_at_start_m + int(motion.odometer_m)
            odometer_m -= odometer_m % self.odometer_step_m
            switched = motion.ignition != was
            if self.events and switched:
                name = "ignition_on" if motion.ignition else "ignition_off"
                readings.append(EventReading(us(START_S + at), self.unit_id, self.run, seq, name, None))
            was = motion.ignition
            readings.append(
                position(
                    at,
                    lat_e7,
                    lon_e7,
                    seq=seq,
                    unit_id=self.unit_id,
                    run=self.run,
                    speed_dkmh=round(motion.speed_ms * 36) if self.speed else None,
                    odometer_m=odometer_m if self.odometer else None,
                    ignition=motion.ignition if self.ignition else None,
                    hdop_tenths=self.quality[0] if self.quality else None,
                    satellites=self.quality[1] if self.quality else None,
                )
            )
            if self.usage_every_s is not None and (at >= usage_at or (switched and self.wakes)):
                usage_at = at + self.usage_every_s
                readings.append(
                    usage(
                        at,
                        seq=seq,
                        unit_id=self.unit_id,
                        run=self.run,
                        odometer_m=odometer_m if self.usage_odometer else None,
                        ignition=motion.ignition if self.ignition else None,
                    )
                )
        return sorted(readings, key=lambda reading: reading.key)


def position(
    at_s: float,
    lat_e7: int,
    lon_e7: int,
    *,
    seq: int | None = None,
    unit_id: int = 7,
    run: int = 1,
    speed_dkmh: int | None = None,
    odometer_m: int | None = None,
    ignition: bool | None = None,
    hdop_tenths: int | None = None,
    satellites: int | None = None,
    flags: int = 0,
    division: int | None = 530302,
) -> PositionReading:
    """A position, `at_s` seconds after `START_S`."""
    return PositionReading(
        us(START_S + at_s),
        unit_id,
        run,
        seq,
        lat_e7,
        lon_e7,
        division,
        odometer_m,
        speed_dkmh,
        None,
        None,
        hdop_tenths,
        satellites,
        flags,
        ignition,
    )


def usage(
    at_s: float,
    *,
    seq: int | None = None,
    unit_id: int = 7,
    run: int = 1,
    odometer_m: int | None = None,
    ignition: bool | None = None,
    fuel_used_ml: int | None = None,
    fuel_level_ml: int | None = None,
    energy_used_wh: int | None = None,
    energy_charged_wh: int | None = None,
    soc_permille: int | None = None,
    charging: bool | None = None,
) -> UsageReading:
    """A usage reading, `at_s` seconds after `START_S`."""
    return UsageReading(
        us(START_S + at_s),
        unit_id,
        run,
        seq,
        odometer_m,
        fuel_level_ml,
        fuel_used_ml,
        energy_used_wh,
        energy_charged_wh,
        None,
        None,
        soc_permille,
        charging,
        ignition,
    )


def event(at_s: float, name: str, *, seq: int | None = None, unit_id: int = 7, run: int = 1) -> EventReading:
    """An event, `at_s` seconds after `START_S`."""
    return EventReading(us(START_S + at_s), unit_id, run, seq, name, None)


@dataclass(frozen=True)
class Folded:
    """What a list of readings became; `running` is what is open at the end."""

    closed: list[Closed]
    running: Segment | None

    @property
    def segments(self) -> list[Segment]:
        return [segment for segment, _ in self.closed] + ([self.running] if self.running else [])

    @property
    def trips(self) -> list[Trip]:
        return [segment for segment in self.segments if isinstance(segment, Trip)]

    @property
    def stops(self) -> list[Stop]:
        return [segment for segment in self.segments if isinstance(segment, Stop)]

    @property
    def gaps(self) -> list[Gap]:
        return [segment for segment in self.segments if isinstance(segment, Gap)]

    @property
    def story(self) -> str:
        """One letter a segment: T, S, G."""
        return "".join(type(segment).__name__[0] for segment in self.segments)


def fold(readings: Iterable[StoredReading], parameters: TripParameters = PARAMETERS) -> Folded:
    """One clean pass."""
    state = begin(1)
    closed: list[Closed] = []
    for reading in readings:
        closed.extend(step(state, reading, parameters))
    return Folded(closed, open_segment(state, parameters))


def since_start(at_us: int) -> float:
    """Seconds after `START_S`."""
    return at_us / 1_000_000 - START_S


def changed(
    readings: Iterable[StoredReading], change: Callable[[StoredReading], StoredReading | None]
) -> Iterator[StoredReading]:
    """The readings with some of them altered, or left out (None)."""
    for reading in readings:
        other = change(reading)
        if other is not None:
            yield other
