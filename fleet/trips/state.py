"""All that the fold remembers of one vehicle, as it is kept in checkpoints and snapshots.

A parked vehicle takes a few hundred bytes. Of a running trip the latest fixes are kept one by one and the earlier
ones in packed chunks, so that six thousand states are written within a second.

Equal histories give equal states, and equal states equal bytes: only plain numbers, lists and tuples are kept here,
nothing whose order depends on anything but the readings, and nothing that counts over the whole life of a vehicle;
else two histories that came together again would never be seen to have done so.
"""

from __future__ import annotations

import msgspec

from fleet.model.trips import BridgedGap, Cut, Gap, ReadingKey, SetAside


class Fix(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A position as the fold needs it; `division` 0 is outside all, `poor` says that the receiver was in doubt."""

    at_us: int
    lat_e7: int
    lon_e7: int
    speed_dkmh: int | None
    altitude_m: int | None
    odometer_m: int | None
    ignition: bool | None
    division: int
    poor: bool


class Meter(msgspec.Struct, array_like=True, gc=False):
    """The last value of a counter or a level, and which unit said it; a counter of another unit is another counter."""

    unit_id: int
    value: int
    at_us: int


class Odometer(msgspec.Struct, array_like=True, gc=False):
    """The last odometer value. `step_m` is the coarsest step (1,000, 100, 10, 1 m) that all its values fit."""

    unit_id: int
    value_m: int
    at_us: int
    step_m: int


class Use(msgspec.Struct, array_like=True, gc=False):
    """What a segment used so far, from counters and from levels; None as long as nothing was said.

    `tank_top_ml`, `soc_top_permille`: the level from which the present decline began; a rise begins a new one.
    """

    fuel_ml: int | None = None
    energy_wh: int | None = None
    tank_top_ml: int | None = None
    tank_low_ml: int = 0
    tank_ml: int = 0
    tank_used_ml: int = 0
    soc_top_permille: int | None = None
    soc_low_permille: int = 0
    soc_permille: int = 0
    soc_used_permille: int = 0


class Stand(msgspec.Struct, array_like=True):
    """Standing inside a trip, which may turn out to be its end: what would have to be taken back then."""

    since_us: int
    lat_e7: int
    lon_e7: int
    division: int
    odometer_m: int | None
    acc_us: int  # time is accounted for up to here
    provisional_m: int = 0  # the engine went off between two fixes: the next fix within this distance is the place
    on_s: int = 0
    unknown_s: int = 0
    off_s: int = 0
    off_us: int | None = None  # the engine is off since
    off_marks: tuple[int, int, int] = (0, 0, 0)  # on_s, unknown_s, off_s at that moment
    fixes: list[Fix] = []  # msgspec copies the default
    aside: list[SetAside] = []
    aside_count: int = 0
    doubts: int = 0
    use: Use | None = None  # of the trip, at the first usage reading since the vehicle stands


class Halt(msgspec.Struct, array_like=True):
    """A running stop."""

    started_us: int
    begin: Cut
    lat_e7: int  # the anchor: what the vehicle's fixes are measured from; moves to their median
    lon_e7: int
    division: int
    still_us: int  # last moment at which the vehicle was known to stand here
    acc_us: int
    still_on_s: int = 0  # of `ignition_on_s`, up to then
    still_odometer_m: int | None = None  # what the meters said then
    still_fuel_ml: int | None = None
    still_energy_wh: int | None = None
    base_lat_e7: int = 0
    base_lon_e7: int = 0
    sample: list[int] = []  # lat, lon, lat, lon … of every `stride`-th fix, as steps from the base
    stride: int = 1
    skipped: int = 0
    positions: int = 0
    reach_m: int = 0
    ignition_on_s: int = 0
    tank_ml: int | None = None  # at the beginning
    soc_permille: int | None = None
    charged_wh: int | None = None
    units: list[int] = []
    doubts: int = 0
    lead: list[Fix] = []  # the last standing fix and what came after it: the beginning of a trip, perhaps
    score: int = 0  # how much in `lead` speaks for movement
    poor: int = 0  # how many of `lead` are poor
    far_m: int = 0  # how far out `lead` came
    seen: bool = False  # the departure was watched: no silence before the first fix outside
    away: Fix | None = None  # where the vehicle stands outside, if it does
    early: int = 0  # of `positions`, those from before the stop began: a stand is known before it is a stop
    on_positions: int = 0  # `positions` when the engine was switched on last: where a trip may turn out to have begun


class Journey(msgspec.Struct, array_like=True):
    """A running trip. Sums end with the last fix, or where `stand` begins."""

    started_us: int
    begin: Cut
    origin_lat_e7: int
    origin_lon_e7: int
    origin_division: int
    acc_us: int
    track_mm: int = 0
    driving_s: int = 0
    idle_s: int = 0
    standing_s: int = 0
    silent_s: int = 0
    max_speed_dkmh: int | None = None
    parts: list[list[int]] = []  # [division, metres, seconds] in the order of the first entry
    bridged: list[BridgedGap] = []
    aside: list[SetAside] = []
    aside_count: int = 0
    units: list[int] = []
    doubts: int = 0
    odometer_m: int | None = None
    fix_odometer_m: int = 0  # of these, up to the last fix
    heard_odometer_m: int | None = None  # and at the last reading without a fix
    heard_us: int = 0
    use: Use = msgspec.field(default_factory=Use)
    off_moving: int = 0  # moving fixes with the ignition off: then the wire is broken, or the vehicle is towed
    chunks: list[bytes] = []  # packed points, `points.CHUNK` each
    recent: list[Fix] = []  # those not packed yet
    packed: int = 0
    stand: Stand | None = None
    made: int = 0  # points of the track that no reading gave: where it set out, where it came to stand


class Dark(msgspec.Struct, array_like=True):
    """A gap that has begun and that no fix has ended yet."""

    since_us: int
    odometer_unit: int
    odometer_m: int | None
    was_moving: bool


class State(msgspec.Struct, array_like=True):
    """One vehicle's fold. At most one of `halt`, `journey`, `dark` is set; none before the first good fix."""

    vehicle_id: int
    last_key: ReadingKey | None = None
    closed: bool = False  # the last step closed a segment
    alive_us: int = 0  # last moment of which something is documented
    good: Fix | None = None  # the last good fix
    unit_id: int = 0  # whose it was
    ignition: bool | None = None
    ignition_us: int = 0  # since when, as far as known
    charging: bool | None = None
    odometer: Odometer | None = None
    fuel: Meter | None = None
    energy: Meter | None = None
    charged: Meter | None = None
    tank_ml: int | None = None
    soc_permille: int | None = None
    outliers: list[Fix] = []  # set aside one after the other and consistent with each other
    waiting: Gap | None = None  # a gap that waits for the first odometer value after it
    waiting_odometer: tuple[int, int] = (0, 0)  # unit, and value before it
    halt: Halt | None = None
    journey: Journey | None = None
    dark: Dark | None = None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(State)
encode = _encoder.encode
decode = _decoder.decode
