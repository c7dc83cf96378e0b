"""What a unit makes of the truth: receiver noise, drift, tunnels, wrong clocks, gauges that slosh or stick. Pure.

Every reading is a function of its moment alone, so that a part of a day is measured exactly as the whole day. Knows
nothing of why the vehicle is where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.geography.datum import wgs84_to_gcj02
from simulators.days.model import Disturbance, Effect, Notice
from simulators.days.timeline import Activity, Episode, Meters, Timeline, levels
from simulators.draws import Draws, key_of, noise
from simulators.powertrain import Powertrain
from simulators.readings import Events, Flags, Floats, Integers, Moments, Positions, Readings, Usages
from simulators.roads import DEGREE_M
from simulators.routing import Router
from simulators.trip import Trip

PARKED_EVERY_S = 600.0
USAGE_EVERY_S = 60.0
_GCJ02_SHARE = 0.02  # units of makers whose receivers report the Chinese datum
_COVERED_SHARE = 0.15  # vehicles whose yard has a roof
_SQUEEZE = float(np.cos(np.radians(25.7)))
_GAUGE_STEP_PERMILLE = 4


@dataclass(frozen=True, slots=True)
class UnitTraits:
    """What is peculiar to one unit, for good."""

    key: int
    gcj02: bool
    clock_ms: int  # ahead of true time
    noise_m: float
    parked_noise_m: float
    heading_deg: float  # of the parked vehicle

    @classmethod
    def of(cls, seed: int, code: str) -> UnitTraits:
        draws = Draws(seed, "unit", code)
        gcj02 = draws.chance(_GCJ02_SHARE)
        dice = draws.unit()
        clock_s = draws.between(-0.4, 0.4)
        if dice < 0.01:
            clock_s = draws.between(60, 400) * draws.one_of((-1, 1))
        elif dice < 0.2:
            clock_s = draws.between(1, 9) * draws.one_of((-1, 1))
        covered = draws.chance(_COVERED_SHARE)
        return cls(
            key=key_of(seed, "receiver", code),
            gcj02=gcj02,
            clock_ms=round(1_000 * clock_s),
            noise_m=draws.between(1.6, 4.0),
            parked_noise_m=draws.between(6, 12) if covered else draws.between(1.2, 3.0),
            heading_deg=draws.between(0, 360),
        )


@dataclass(slots=True)
class _Truth:
    """Columns of the truth at n moments."""

    lat: Floats
    lon: Floats
    speed_ms: Floats
    heading_deg: Floats
    altitude_m: Floats
    tunnel: Flags
    meters: Integers  # n rows of the seven meters


@dataclass(slots=True)
class Sensors:
    """Measures timelines of one vehicle. Keeps the drive that was asked for last."""

    traits: UnitTraits
    power: Powertrain
    router: Router
    interval_s: float
    _trip_key: int = -1
    _trip: Trip | None = None

    def measure(self, timeline: Timeline, effects: Sequence[Effect], begin_ms: int, end_ms: int) -> Readings:
        """All readings of a day's timeline from `begin_ms` up to, not including, `end_ms` (Unix milliseconds)."""
        episodes = [
            one for one in timeline.episodes if one.ends_at * 1_000 > begin_ms - 1 and one.begins_at * 1_000 < end_ms
        ]
        effects = [one for one in effects if one.ends_at * 1_000 > begin_ms - 1 and one.begins_at * 1_000 < end_ms]
        notices = [one for one in timeline.notices if begin_ms <= round(one.at * 1_000) < end_ms]
        notices = [one for one in notices if not _within(effects, Disturbance.SILENT, one.at)]
        news = np.array([round(one.at * 1_000) for one in notices], dtype=np.int64)
        positions = self._moments(episodes, news, self.interval_s, "position", begin_ms, end_ms)
        usages = self._moments(episodes, news, USAGE_EVERY_S, "usage", begin_ms, end_ms)
        for effect in effects:
            if effect.what is Disturbance.SILENT:
                positions = positions[~_covers(effect, positions)]
                usages = usages[~_covers(effect, usages)]
        truth = self._truth(timeline, episodes, np.concatenate([positions, usages]))
        count = len(positions)
        return Readings(
            self._positions(_part(truth, slice(0, count)), positions, episodes, effects),
            self._usages(_part(truth, slice(count, None)), usages, episodes, effects, timeline),
            self._events(notices, news, effects),
        )

    def _moments(
        self, episodes: Sequence[Episode], news: Integers, every_s: float, name: str, begin_ms: int, end_ms: int
    ) -> Integers:
        """On the unit's own beat: every so often with the ignition on, every ten minutes without, and at all news."""
        fast_ms, slow_ms = round(1_000 * every_s), round(1_000 * PARKED_EVERY_S)
        parts = [news]
        phase = key_of(self.traits.key, name)
        begins: int | None = None
        for number, episode in enumerate(episodes):
            # Spans of one beat are taken together.
            on = _ignition(episode)
            begins = round(episode.begins_at * 1_000) if begins is None else begins
            if number + 1 < len(episodes) and _ignition(episodes[number + 1]) is on:
                continue
            every_ms = fast_ms if on else slow_ms
            first = max(begins, begin_ms)
            last = min(round(episode.ends_at * 1_000), end_ms)
            first += (phase - first) % every_ms
            if first < last:
                parts.append(np.arange(first, last, every_ms, dtype=np.int64))
            begins = None
        return np.unique(np.concatenate(parts))

    def _truth(self, timeline: Timeline, episodes: Sequence[Episode], times: Integers) -> _Truth:
        count = len(times)
        begins = np.array([one.begins_at for one in episodes]) * 1_000
        which = np.searchsorted(begins, times, side="right") - 1 if len(episodes) else np.zeros(0, dtype=np.int64)
        which = np.maximum(which, 0)
        before = np.array([_row(one.before) for one in episodes], dtype=np.float64).reshape(-1, 7)
        gain = np.array([_row(one.after) for one in episodes], dtype=np.float64).reshape(-1, 7) - before
        spans = np.array([one.ends_at - one.begins_at for one in episodes])
        in_time = np.clip((times / 1_000 - begins[which] / 1_000) / spans[which], 0.0, 1.0) if count else np.zeros(0)
        places = np.array([one.where.place for one in episodes]).reshape(-1, 2)
        truth = _Truth(
            places[which, 0] if count else np.zeros(0),
            places[which, 1] if count else np.zeros(0),
            np.zeros(count),
            np.full(count, self.traits.heading_deg),
            np.full(count, 1_900.0),
            np.zeros(count, dtype=np.bool_),
            np.zeros((count, 7), dtype=np.int64),
        )
        shares = np.repeat(in_time[:, None], 7, axis=1)
        for number, episode in enumerate(episodes):
            if episode.activity is not Activity.DRIVING or episode.leg is None:
                continue
            here = np.flatnonzero(which == number)
            if not len(here):
                continue
            motions = self._drive(episode).at(times[here] / 1_000 - episode.begins_at)
            truth.lat[here], truth.lon[here] = motions.lat, motions.lon
            truth.speed_ms[here], truth.heading_deg[here] = motions.speed_ms, motions.heading_deg
            truth.altitude_m[here], truth.tunnel[here] = motions.altitude_m, motions.tunnel
            shares[here, 0] = motions.share
            shares[here, 1] = 0.5 * motions.share + 0.2 * in_time[here] + 0.3 * motions.climb_share
            shares[here, 4] = shares[here, 1]
        if count:
            truth.meters[:] = np.floor(before[which] + gain[which] * shares + 1e-6)
        return truth

    def _drive(self, episode: Episode) -> Trip:
        leg = episode.leg
        assert leg is not None
        if self._trip is None or self._trip_key != leg.key:
            route = self.router.route(leg.start, leg.end)
            self._trip = Trip(route, episode.ends_at - episode.begins_at, leg.key, leg.speeding)
            self._trip_key = leg.key
        return self._trip

    def _positions(
        self, truth: _Truth, times: Integers, episodes: Sequence[Episode], effects: Sequence[Effect]
    ) -> Positions:
        fix = ~truth.tunnel
        for effect in effects:
            if effect.what is Disturbance.NO_FIX:
                fix &= ~_covers(effect, times)
        truth, times = _part(truth, fix), times[fix]
        moving = truth.speed_ms > 0.3
        key = self.traits.key
        spread = np.where(moving, self.traits.noise_m, self.traits.parked_noise_m)
        # Errors of a receiver drift: fast on the road, slowly where it stands.
        east = spread * np.where(moving, _drifting(key + 1, times, 40_000), _drifting(key + 2, times, 1_500_000))
        north = spread * np.where(moving, _drifting(key + 3, times, 40_000), _drifting(key + 4, times, 1_500_000))
        speed = truth.speed_ms * 3.6 + np.where(moving, noise(key + 5, times) - 0.5, 0.0)
        for effect in effects:
            if effect.what is Disturbance.DRIFT:
                touched = _covers(effect, times) & ~moving
                east[touched] += effect.size * _drifting(key + 6, times[touched], 420_000)
                north[touched] += effect.size * _drifting(key + 7, times[touched], 420_000)
                speed[touched] += 2.2 * noise(key + 8, times[touched])
            elif effect.what is Disturbance.SPIKE:
                touched = _covers(effect, times)
                speed[touched] += effect.size
        lat = truth.lat + north / DEGREE_M
        lon = truth.lon + east / (DEGREE_M * _SQUEEZE)
        if self.traits.gcj02 and len(times):
            lat, lon = wgs84_to_gcj02(lat, lon)
        quality = noise(key + 9, times)
        return Positions(
            self._when(times, effects),
            _whole(lat * 1e7),
            _whole(lon * 1e7),
            _whole(np.clip(speed, 0, 300) * 10),
            np.floor(truth.heading_deg).astype(np.int64) % 360,
            _whole(truth.altitude_m + 8 * (noise(key + 10, times) - 0.5)),
            _whole(7 + 7 * quality**2),
            _whole(15 - 6 * quality**2),
            _ignitions(episodes, times),
            truth.meters[:, 0],
            self.traits.gcj02,
        )

    def _usages(
        self,
        truth: _Truth,
        times: Integers,
        episodes: Sequence[Episode],
        effects: Sequence[Effect],
        timeline: Timeline,
    ) -> Usages:
        odometer, fuel_used, lost, filled, energy_used, charged, engine = truth.meters.T
        power = self.power
        permille = millilitres = soc = None
        if power.tank is not None:
            tank = power.tank
            level = np.clip(tank.top + filled - fuel_used - lost, 0, tank.capacity)
            permille = self._gauge(level * 1_000 / tank.capacity, truth, times, effects, timeline)
            millilitres = permille * tank.capacity // 1_000
        if power.battery is not None:
            battery = power.battery
            level = np.clip(battery.top + charged - energy_used, 0, battery.capacity)
            soc = level * 1_000 // battery.capacity
        if power.hydrogen:
            permille, soc = soc, None
        charging = None
        if power.plugs_in:
            begins = np.array([one.begins_at * 1_000 for one in episodes])
            charges = np.array([one.activity is Activity.CHARGING for one in episodes], dtype=np.bool_)
            charging = charges[np.maximum(np.searchsorted(begins, times, side="right") - 1, 0)]
        burns = power.tank is not None
        stores = power.battery is not None
        return Usages(
            self._when(times, effects),
            odometer,
            _ignitions(episodes, times),
            permille,
            millilitres,
            fuel_used if burns else None,
            engine if burns else None,
            soc,
            energy_used if stores else None,
            charged if power.plugs_in else None,
            charging,
        )

    def _gauge(
        self, level: Floats, truth: _Truth, times: Integers, effects: Sequence[Effect], timeline: Timeline
    ) -> Integers:
        """Permille as a float in the tank tells: sloshing on the road, in steps, tilted on slopes, sometimes stuck."""
        shown = level + np.where(truth.speed_ms > 0.3, 7 * _drifting(self.traits.key + 11, times, 25_000), 0.0)
        for effect in effects:
            if effect.what is Disturbance.GAUGE_TILTED:
                shown = shown + np.where(_covers(effect, times), effect.size, 0.0)
            elif effect.what is Disturbance.GAUGE_STUCK and self.power.tank is not None:
                fuel_ml, _ = levels(self.power, timeline.episodes[0].before)
                shown = np.where(_covers(effect, times), 1_000 * fuel_ml / self.power.tank.capacity, shown)
        stepped = np.round(shown / _GAUGE_STEP_PERMILLE) * _GAUGE_STEP_PERMILLE
        return np.clip(stepped, 0, 1_000).astype(np.int64)

    def _events(self, notices: Sequence[Notice], times: Integers, effects: Sequence[Effect]) -> Events:
        return Events(
            self._when(times, effects),
            tuple(one.name for one in notices),
            tuple(one.detail for one in notices),
        )

    def _when(self, times: Integers, effects: Sequence[Effect]) -> Moments:
        leaves = times
        for effect in effects:
            if effect.what is Disturbance.OUT_OF_REACH:
                leaves = np.where(_covers(effect, times), np.maximum(leaves, round(effect.ends_at * 1_000)), leaves)
        return Moments(times, times + self.traits.clock_ms, leaves)


def _drifting(key: int, times: Integers, memory_ms: int) -> Floats:
    """A wandering error of deviation one that forgets itself within `memory_ms`."""
    knot = times // memory_ms
    share = (times - knot * memory_ms) / memory_ms
    share = share * share * (3 - 2 * share)
    first = noise(key, knot) + noise(key + 100, knot) + noise(key + 200, knot)
    second = noise(key, knot + 1) + noise(key + 100, knot + 1) + noise(key + 200, knot + 1)
    return np.asarray(2.2 * ((1 - share) * first + share * second - 1.5), dtype=np.float64)


def _ignition(episode: Episode) -> bool:
    return episode.activity in (Activity.DRIVING, Activity.IDLING)


def _ignitions(episodes: Sequence[Episode], times: Integers) -> Flags:
    if not len(times):
        return np.zeros(0, dtype=np.bool_)
    begins = np.array([one.begins_at * 1_000 for one in episodes])
    on = np.array([_ignition(one) for one in episodes], dtype=np.bool_)
    found: Flags = on[np.maximum(np.searchsorted(begins, times, side="right") - 1, 0)]
    return found


def _row(meters: Meters) -> tuple[int, ...]:
    return (
        meters.odometer_m,
        meters.fuel_used_ml,
        meters.lost_ml,
        meters.filled_ml,
        meters.energy_used_wh,
        meters.charged_wh,
        meters.engine_s,
    )


def _part(truth: _Truth, rows: slice | NDArray[np.bool_]) -> _Truth:
    return _Truth(
        *(truth.lat[rows], truth.lon[rows], truth.speed_ms[rows], truth.heading_deg[rows]),
        *(truth.altitude_m[rows], truth.tunnel[rows], truth.meters[rows]),
    )


def _covers(effect: Effect, times: Integers) -> Flags:
    found: Flags = (times >= effect.begins_at * 1_000) & (times < effect.ends_at * 1_000)
    return found


def _within(effects: Sequence[Effect], what: Disturbance, at: float) -> bool:
    return any(one.what is what and one.begins_at <= at < one.ends_at for one in effects)


def _whole(values: Floats) -> Integers:
    return np.round(values).astype(np.int64)
