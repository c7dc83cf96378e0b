"""What the meters said at the dawn of a day, kept between two runs of the simulator.

Everything else follows from seed and date. So do the meters, but only by planning every day since the epoch, which
takes six thousand vehicles six seconds a day: a demonstration that was begun a month ago would start in minutes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
from datetime import date
from pathlib import Path

import msgspec

from simulators.days.model import Counters
from simulators.vehicle import Vehicle, World


class _Kept(msgspec.Struct):
    seed: int
    epoch: date
    day: date
    counters: dict[str, tuple[int, int, int, int, int]]  # by the vehicle's key


def keep_counters(path: Path, vehicles: Iterable[Vehicle], world: World, day: date) -> None:
    """Replace the file in one step."""
    counters = {one.spec.key: astuple(one.spent_before(day)) for one in vehicles}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(msgspec.json.encode(_Kept(world.seed, world.epoch, day, counters)))
    partial.replace(path)


def recall_counters(path: Path, vehicles: Iterable[Vehicle], world: World) -> int:
    """Tell the vehicles what the file knows of them; answers how many it knew. A file of another world, or none that
    can be read, tells nothing: everything can be found out again."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
    except (OSError, msgspec.MsgspecError):
        return 0
    if (kept.seed, kept.epoch) != (world.seed, world.epoch):
        return 0
    known = [one for one in vehicles if one.spec.key in kept.counters]
    for one in known:
        one.recall(kept.day, Counters(*kept.counters[one.spec.key]))
    return len(known)
