"""Memory of every process over time, under load and without a storm: it must not grow."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field

import numpy as np
import psutil

from benchmarks.storm.plan import Plan, Report
from benchmarks.storm.stack import Stack

_EVERY_S = 10.0
_WARM_UP = 1 / 3
"""Of the time: caches fill, the first vehicles drive, allocators find their size."""

MOST_SHARE = 0.10
MOST_BYTES = 12 << 20
"""Memory has grown when the line through what was measured after the warm-up climbs by more than both."""


@dataclass(slots=True)
class Memory:
    """Bytes that a process (the database: all of its own) shares with nobody, by time."""

    at_s: list[float] = field(default_factory=list)
    bytes_: list[int] = field(default_factory=list)

    def growth(self) -> tuple[float, float]:
        """How far the line climbs after the warm-up, and the median there: bytes."""
        times, values = np.array(self.at_s), np.array(self.bytes_, dtype=float)
        late = times >= times[0] + (times[-1] - times[0]) * _WARM_UP
        slope = np.polyfit(times[late], values[late], 1)[0] if late.sum() > 2 else 0.0
        return float(slope * (times[late][-1] - times[late][0])), float(np.median(values[late]))

    @property
    def grows(self) -> bool:
        climbed, median = self.growth()
        return climbed > max(MOST_BYTES, MOST_SHARE * median)


def soak(stack: Stack, plan: Plan, report: Report) -> None:
    """Returns after `plan.soak_s`."""
    assert plan.soak_s is not None
    began = time.monotonic()
    found: dict[str, Memory] = {}
    every_s = max(_EVERY_S, plan.soak_s / 20)
    next_at = said_at = began

    def look() -> None:
        nonlocal next_at, said_at
        now = time.monotonic()
        if now < next_at:
            return
        next_at = now + _EVERY_S
        for name, size in sizes(stack).items():
            memory = found.setdefault(name, Memory())
            memory.at_s.append(now - began)
            memory.bytes_.append(size)
        if now >= said_at:
            said_at = now + every_s
            shown = "  ".join(f"{name} {memory.bytes_[-1] / 2**20:.0f}" for name, memory in found.items())
            report.say(f"        MB: {shown}")

    stack.on_turn = look
    try:
        stack.live(plan.soak_s)
    finally:
        stack.on_turn = None
    for name, memory in found.items():
        climbed, median = memory.growth()
        first, last = memory.bytes_[0] / 2**20, memory.bytes_[-1] / 2**20
        report.require(
            not memory.grows,
            f"memory of {name}: {first:.0f} MB at first, {median / 2**20:.0f} in the middle, {last:.0f} at last;"
            f" after the warm-up {climbed / 2**20:+.1f} MB",
        )


def sizes(stack: Stack) -> dict[str, int]:
    """Bytes of each process that runs."""
    pids = {name: part.pid for name, part in stack.parts.items()} | {"broker": stack.broker.pid}
    found = {name: _own(pid) for name, pid in pids.items() if pid is not None}
    if stack.postgres.pid is not None:
        family = [stack.postgres.pid, *(one.pid for one in psutil.Process(stack.postgres.pid).children(recursive=True))]
        found["postgres"] = sum(map(_own, family))
    return {name: size for name, size in found.items() if size}


def _own(pid: int) -> int:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return int(psutil.Process(pid).memory_full_info().uss)
    return 0
