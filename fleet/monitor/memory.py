"""What the monitor has in memory: the fold of every vehicle, how far it has followed, what came late."""

from __future__ import annotations

from dataclasses import dataclass, field

from fleet.model.moments import from_us, to_us
from fleet.model.trips import Gap, PositionReading, ReadingKey, Segment, StoredReading, Trip, segment_id
from fleet.monitor.proofs import Stretch, follow
from fleet.monitor.registry import Registry
from fleet.monitor.reporting import UnitSeen
from fleet.monitor.rows import Naming, kind_of, row_of, track_of
from fleet.store.checkpoints import Checkpoint, LateSpan
from fleet.store.follow import WORKERS, Followed
from fleet.store.trips import Changes, SegmentRow
from fleet.trips.fold import Closed, State, begin, encode, is_checkpoint, open_segment, step, tick

HOUR_US = 3_600_000_000

SHOWN_APART_US = 2_000_000
"""A watched trip is shown no more often, so that a unit that speaks every second costs no more than others."""

Shown = tuple[str, int]
"""Table and id of a running row that stands in the database."""


@dataclass(slots=True)
class Tracked:
    """One vehicle. `pending`: readings folded since a second fold of the vehicle began beside. `stretch`: its readings
    above the speed limit, up to now. `shown_at_us`: when its running rows were last made.

    While the batches since the snapshots are folded once more after a restart: `followed` is what the snapshot had
    seen already, `emitted` what was made again, `settled_from_us` where the first of it may begin.
    """

    state: State
    changed: bool = True
    shown: dict[Shown, int] = field(default_factory=dict)
    pending: list[StoredReading] | None = None
    followed: Followed | None = None
    emitted: set[Shown] | None = None
    settled_from_us: int = 0
    stretch: Stretch | None = None
    shown_at_us: int = 0


@dataclass(slots=True)
class Late:
    """Readings of a vehicle that wait for a second fold; `kept` is the span that stands in the database for them."""

    from_us: int
    to_us: int
    readings: int
    since_us: int
    marked_us: int
    kept: tuple[int, int] | None = None


@dataclass(slots=True)
class Counters:
    """Since the start of the process."""

    folded: int = 0
    late: int = 0
    unbound: int = 0
    refolds: int = 0
    refused: int = 0
    last_refusal: str | None = None


@dataclass(slots=True)
class Outcome:
    """What a round has to write. `events`: (vehicle, moment) of those that are judged by themselves."""

    changes: Changes = field(default_factory=Changes)
    events: list[tuple[int, int]] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    late: list[LateSpan] = field(default_factory=list)


@dataclass(slots=True)
class Memory:
    """The one copy; changed between two awaits only, so that states and `followed` always belong together."""

    registry: Registry
    followed: Followed = field(default_factory=lambda: [0] * WORKERS)
    vehicles: dict[int, Tracked] = field(default_factory=dict)
    late: dict[int, Late] = field(default_factory=dict)
    units: dict[int, UnitSeen] = field(default_factory=dict)
    counters: Counters = field(default_factory=Counters)
    heard_us: int = 0
    """Up to when whoever was silent was silent: not while ingest was away, nor beyond what is followed."""
    watched: dict[int, int] = field(default_factory=dict)
    """Vehicles of which the judge wants to see each reading, and from which moment on."""
    owed: set[int] = field(default_factory=set)
    """Watched ones whose last reading came too soon after the one before to be shown at once."""
    replaying: bool = False
    """What follows was in the results before a restart."""

    def tracked(self, vehicle_id: int) -> Tracked:
        found = self.vehicles.get(vehicle_id)
        if found is None:
            found = self.vehicles[vehicle_id] = Tracked(begin(vehicle_id))
            if self.replaying:
                found.emitted = set()
        return found

    def mark_late(self, vehicle_id: int, from_us_: int, to_us_: int, readings: int, now_us: int) -> None:
        """Has the vehicle folded again from there; both ends included."""
        late = self.late.get(vehicle_id)
        if late is None:
            self.late[vehicle_id] = Late(from_us_, to_us_, readings, now_us, now_us)
            return
        late.from_us, late.to_us = min(late.from_us, from_us_), max(late.to_us, to_us_)
        late.readings += readings
        late.marked_us = now_us

    def late_to_keep(self) -> list[LateSpan]:
        """What has to be written of the late spans: rounded to hours, so that a stream of history writes seldom."""
        spans: list[LateSpan] = []
        for vehicle_id, late in self.late.items():
            if late.kept is not None and late.kept[0] <= late.from_us and late.to_us <= late.kept[1]:
                continue
            late.kept = (late.from_us // HOUR_US * HOUR_US, (late.to_us // HOUR_US + 1) * HOUR_US)
            spans.append(LateSpan(vehicle_id, *late.kept, late.readings, late.since_us))
        return spans

    # ------------------------------------------------------------ folding

    def fold(self, vehicle_id: int, readings: list[StoredReading], now_us: int, outcome: Outcome) -> None:
        """Folds readings of one vehicle in the order of their keys; what is older than the fold is marked as late."""
        tracked = self.tracked(vehicle_id)
        state, battery_wh = tracked.state, self.registry.batteries.get(vehicle_id)
        parameters_at = self.registry.parameters.at
        if len(readings) > 1:
            readings.sort(key=_key)
        last = state.last_key
        journey = state.journey
        limit = self.registry.speed_limit(vehicle_id, now_us if journey is None else journey.started_us)
        proven = False
        closed: list[Closed] = []
        for reading in readings:
            key = reading.key
            if last is not None and key <= last:
                self.mark_late(vehicle_id, key[0], key[0], 1, now_us)
                self.counters.late += 1
                continue
            last = key
            ended = step(state, reading, parameters_at(reading.observed_at_us, battery_wh))
            self.counters.folded += 1
            if ended:
                closed += ended
            if type(reading) is PositionReading and (
                tracked.stretch is not None or (reading.speed_dkmh or 0) > limit.dkmh
            ):
                stretch = tracked.stretch = follow(tracked.stretch, reading, limit)
                if stretch is not None and not stretch.told and stretch.last_us - stretch.since_us >= limit.least_us:
                    proven = stretch.told = state.journey is not None
            if is_checkpoint(state):
                outcome.checkpoints.append(Checkpoint(vehicle_id, key, encode(state)))
            if tracked.pending is not None:
                tracked.pending.append(reading)
        tracked.changed = True
        # The first trip of a vehicle may take the place of the stop that it began with, and close nothing.
        turned = (state.journey is None) is not (journey is None)
        if closed or turned or proven or len(tracked.shown) != 1 or self._is_awaited(vehicle_id, tracked, now_us):
            self.add_closed(vehicle_id, closed, now_us, outcome.changes)
            self.show_running(vehicle_id, now_us, outcome.changes)

    def _is_awaited(self, vehicle_id: int, tracked: Tracked, now_us: int) -> bool:
        """Whether the judge waits for the last reading, and it may be shown at once."""
        since_us = self.watched.get(vehicle_id)
        last = tracked.state.last_key
        if since_us is None or last is None or last[0] < since_us:
            return False
        if now_us - tracked.shown_at_us >= SHOWN_APART_US:
            return True
        self.owed.add(vehicle_id)
        return False

    def add_closed(self, vehicle_id: int, closed: list[Closed], now_us: int, changes: Changes) -> None:
        """The rows of segments that are over."""
        tracked, written_at = self.tracked(vehicle_id), from_us(now_us)
        for segment, points in closed:
            kind = kind_of(segment)
            changes.put(kind, row_of(segment, known_to_us=0, written_at=written_at, named=self._naming(vehicle_id)))
            if isinstance(segment, Trip):
                track = track_of(segment, points)
                if track is not None:
                    changes.tracks[track.trip_id] = track
            shown = (kind, segment_id(vehicle_id, segment.started_us))
            tracked.shown.pop(shown, None)
            if tracked.emitted is not None:
                tracked.emitted.add(shown)

    def show_running(self, vehicle_id: int, now_us: int, changes: Changes) -> None:
        """The rows of what runs, in place of what ran before."""
        tracked = self.tracked(vehicle_id)
        shown: dict[Shown, int] = {}
        for segment, known_to_us in self._running(tracked):
            row = row_of(segment, known_to_us=known_to_us, written_at=from_us(now_us), named=self._naming(vehicle_id))
            kind = kind_of(segment)
            changes.put(kind, row)
            shown[kind, row["id"]] = known_to_us
        for kind, identifier in tracked.shown.keys() - shown.keys():
            changes.drop(kind, identifier)
        tracked.shown, tracked.shown_at_us = shown, now_us
        self.owed.discard(vehicle_id)

    def _running(self, tracked: Tracked) -> list[tuple[Segment, int]]:
        """What runs, and up to when it is known: the open segment, and the silence after it if that is a gap by now."""
        heard_us = self.heard_us
        state = tracked.state
        running: list[tuple[Segment, int]] = []
        if state.last_key is None:
            return running
        parameters = self.registry.parameters.at(heard_us, self.registry.batteries.get(state.vehicle_id))
        segment = open_segment(state, parameters)
        if segment is not None:
            running.append((segment, state.last_key[0]))
        silence = tick(state, heard_us, parameters)
        if isinstance(silence, Gap) and not isinstance(segment, Gap):
            running.append((silence, heard_us))
        return running

    def rename(self, kind: str, row: SegmentRow) -> None:
        """Names the places of a stored row anew, by the areas as they are known now."""
        naming = self._naming(row["vehicle_id"])
        for prefix, moment in _NAMED_PLACES[kind]:
            if row[moment] is not None and row[f"{prefix}lat_e7"] is not None:
                area = naming(row[f"{prefix}lat_e7"], row[f"{prefix}lon_e7"], to_us(row[moment]))
                row[f"{prefix}area_id"] = None if area is None else area.area_id
                row[f"{prefix}name"] = None if area is None else area.name

    def _naming(self, vehicle_id: int) -> Naming:
        return lambda lat_e7, lon_e7, at_us: self.registry.name(vehicle_id, lat_e7, lon_e7, at_us)


_NAMED_PLACES: dict[str, tuple[tuple[str, str], ...]] = {
    "trip": (("origin_", "started_at"), ("destination_", "ended_at")),
    "stop": (("", "started_at"),),
    "gap": (),
}


def _key(reading: StoredReading) -> ReadingKey:
    return reading.key
