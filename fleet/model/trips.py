"""What becomes of a vehicle's readings: trips, stops and gaps, one after the other, each cut explained by data.

Moments are whole microseconds since 1970 UTC (`…_us`), as TimescaleDB keeps them; quantities are whole numbers
(metres, millilitres, watt-hours, seconds), so that the same readings give the same digits whoever adds them up.
"""

from __future__ import annotations

from enum import IntFlag, StrEnum

import msgspec

ReadingKey = tuple[int, int, int, int, int, str]
"""(observed_at_us, kind, unit_id, run, seq or -1, event or ""): the one order in which readings are folded.

`kind` is the number in `fleet.model.readings.KIND_NUMBERS`. No two stored readings have the same key.
"""


class PositionReading(msgspec.Struct, frozen=True, gc=False):
    """A stored position; field for field a row of `position_reading`, without its batch."""

    observed_at_us: int
    unit_id: int
    run: int
    seq: int | None
    lat_e7: int
    lon_e7: int
    division: int | None
    odometer_m: int | None
    speed_dkmh: int | None
    heading_deg: int | None
    altitude_m: int | None
    hdop_tenths: int | None
    satellites: int | None
    flags: int
    ignition: bool | None

    @property
    def key(self) -> ReadingKey:
        return (self.observed_at_us, 1, self.unit_id, self.run, -1 if self.seq is None else self.seq, "")


class UsageReading(msgspec.Struct, frozen=True, gc=False):
    """A stored usage reading."""

    observed_at_us: int
    unit_id: int
    run: int
    seq: int | None
    odometer_m: int | None
    fuel_level_ml: int | None
    fuel_used_ml: int | None
    energy_used_wh: int | None
    energy_charged_wh: int | None
    engine_s: int | None
    fuel_level_permille: int | None
    soc_permille: int | None
    charging: bool | None
    ignition: bool | None

    @property
    def key(self) -> ReadingKey:
        return (self.observed_at_us, 2, self.unit_id, self.run, -1 if self.seq is None else self.seq, "")


class EventReading(msgspec.Struct, frozen=True, gc=False):
    """A stored event; `detail` is the unit's own JSON."""

    observed_at_us: int
    unit_id: int
    run: int
    seq: int | None
    event: str
    detail: str | None

    @property
    def key(self) -> ReadingKey:
        return (self.observed_at_us, 3, self.unit_id, self.run, -1 if self.seq is None else self.seq, self.event)


StoredReading = PositionReading | UsageReading | EventReading


class TripParameters(msgspec.Struct, frozen=True, kw_only=True):
    """What cuts are made by: the values of the policies `trips.…` (city-wide), resolved once a version."""

    stop_after_s: int = 300
    """No movement for so long ends a trip where ignition is not known."""
    ignition_off_s: int = 120
    """Ignition off for so long ends a trip; a shorter stop of the engine does not."""
    idle_stop_s: int = 1_200
    """Standing with the engine on for so long ends a trip too."""
    gap_s: int = 600
    """Silence of a moving vehicle beyond this is a gap of its own; a shorter one is bridged and noted in the trip."""
    gap_parked_s: int = 1_800
    """Silence of a parked vehicle beyond this (contract: a reading every 10 min) is a gap."""
    drift_m: int = 80
    """Movement that stays within this radius of a stop is the receiver's drift, not a trip."""
    least_trip_m: int = 150
    """What is shorter, and returns, is no trip (unless the odometer says otherwise)."""
    moving_dkmh: int = 50
    """From this speed on, tenths of km/h, a reading counts as moving."""
    jump_kmh: int = 250
    """A fix that would need more than this speed from the last good one is set aside."""
    battery_wh: int | None = None
    """Of the vehicle, where it is known: turns its state of charge into energy."""


class CutKind(StrEnum):
    """Why a trip, stop or gap begins or ends here."""

    FIRST_READING = "first_reading"
    IGNITION_ON = "ignition_on"
    IGNITION_OFF = "ignition_off"
    MOVEMENT = "movement"
    NO_MOVEMENT = "no_movement"
    LONG_IDLE = "long_idle"
    GAP = "gap"
    GAP_ENDED = "gap_ended"
    UNIT_CHANGED = "unit_changed"


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """The data a cut rests on: shown as "ignition off 312 s", "no movement 5 min", "gap 14 min, 3.1 km apart".

    `seconds`: how long what the kind says lasted when it was decided. `metres`: how far apart, or moved.
    `decided_at_us`: the moment of the reading that decided it (a stop is known minutes after it began).
    """

    kind: CutKind
    seconds: int | None = None
    metres: int | None = None
    decided_at_us: int


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A point and the county it lies in (0 = outside all). Names are given by the store, which knows areas."""

    lat_e7: int
    lon_e7: int
    division: int


class Doubt(IntFlag):
    """What a segment's readings leave in doubt; verdicts turn to `undetermined` on some of them."""

    BRIDGED_GAP = 1  # silence shorter than a gap, but with distance in it
    JUMP = 2  # fixes were set aside
    STUCK_CLOCK = 4  # several fixes of one moment, or of a clock that stood still
    ODOMETER_DIFFERS = 8  # odometer and track disagree by more than the tolerance
    STARTS_IN_GAP = 16
    ENDS_IN_GAP = 32
    NO_ODOMETER = 64
    UNIT_CHANGED = 128  # another unit reported in the middle of it
    IGNITION = 256  # moved with the ignition off: a broken wire, or the vehicle was towed


class BridgedGap(msgspec.Struct, frozen=True, kw_only=True):
    """A silence inside a trip that did not end it (a tunnel): from, to, how far apart, what the odometer says."""

    from_us: int
    to_us: int
    metres: int
    odometer_m: int | None


class SetAside(msgspec.Struct, frozen=True, kw_only=True):
    """A reading that was kept out: why, when, and where it said it was."""

    reason: str  # "jump" | "stuck_clock" | "implausible"
    at_us: int
    lat_e7: int
    lon_e7: int
    kmh: int | None = None


class DivisionPart(msgspec.Struct, frozen=True, kw_only=True):
    """What of a trip lies in one county, in the order of the first entry."""

    division: int
    distance_m: int
    seconds: int


class TrackPoint(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One good fix of a trip, as it is packed and kept for years."""

    at_us: int
    lat_e7: int
    lon_e7: int
    speed_dkmh: int | None
    altitude_m: int | None
    odometer_m: int | None
    ignition: bool | None


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """One journey. `ended_us` is None while it runs; then every figure is "so far"."""

    vehicle_id: int
    started_us: int
    ended_us: int | None
    begin: Cut
    end: Cut | None
    origin: Place
    destination: Place | None
    distance_m: int  # along the track of good fixes, bridged gaps as straight lines
    odometer_distance_m: int | None
    driving_s: int
    idle_s: int  # standing, engine on (or ignition not known)
    standing_s: int  # standing, engine off, too short to end the trip
    silent_s: int  # inside bridged gaps
    max_speed_dkmh: int | None
    fuel_ml: int | None
    fuel_method: str | None  # "counter" | "level"
    energy_wh: int | None
    energy_method: str | None  # "counter" | "soc"
    divisions: tuple[DivisionPart, ...]
    bridged: tuple[BridgedGap, ...]
    set_aside: tuple[SetAside, ...]  # the first 100; `set_aside_count` counts all
    set_aside_count: int
    unit_ids: tuple[int, ...]
    positions: int
    doubts: int  # of Doubt


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """Standing between trips."""

    vehicle_id: int
    started_us: int
    ended_us: int | None
    begin: Cut
    end: Cut | None
    place: Place  # the median of the fixes
    radius_m: int  # how far the fixes scatter
    ignition_on_s: int
    fuel_change_ml: int | None
    charged_wh: int | None
    unit_ids: tuple[int, ...]
    positions: int
    doubts: int


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Silence between the last reading before and the first after: nothing is known of it, and nothing is assumed.

    `heard`: the unit was not silent in it, it only told no place: driven with the antenna cut, or moved unseen.
    """

    vehicle_id: int
    started_us: int
    ended_us: int | None
    before: Place | None
    after: Place | None
    metres_apart: int | None
    odometer_m: int | None  # what the odometer grew meanwhile: distance undocumented
    was_moving: bool
    heard: bool = False


Segment = Trip | Stop | Gap

_ID_EPOCH_S = 1_420_070_400  # 2015-01-01 UTC; the service takes no earlier time


def segment_id(vehicle_id: int, started_us: int) -> int:
    """The id of a vehicle's trip, stop or gap: made again from the same readings, it is the same."""
    return (vehicle_id << 32) + (started_us // 1_000_000 - _ID_EPOCH_S)
