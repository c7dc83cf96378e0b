"""How large a storm is: everything that is drawn follows from these numbers."""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

DISASTERS = ("stall", "lock", "cut", "disk", "bad", "outage", "clock")
"""In this order, after the kills."""

BEGINS = "2026-11-18T08:30:00+08:00"
"""When the units' life begins: a Wednesday morning, whenever the storm is run."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The full form. `…_s` are seconds of ours; the units live `speed` times as fast."""

    seed: int = 1
    kills: int = 1_000
    kills_within_s: float = 2_400.0
    pause_s: float = 1.0  # between two kills, on average
    vehicles: int = 600
    interval_s: float = 1.0
    speed: float = 12.0
    begins: str = BEGINS
    jumps: float = 0.05  # chance of a unit in an hour of its life that its clock jumps
    disasters: tuple[str, ...] = DISASTERS
    stall_s: float = 60.0
    cut_s: float = 30.0
    outage_s: float = 300.0  # an hour of the units' life
    full_s: float = 20.0
    bad: int = 1_000_000
    settle_within_s: float = 600.0
    soak_s: float | None = None
    keep: bool = False

    @property
    def wired(self) -> bool:
        """Whether units and ingest reach broker and database by way of wires that can be cut."""
        return "cut" in self.disasters


SHORT = Plan(
    kills=30,
    kills_within_s=90.0,
    pause_s=0.4,
    vehicles=30,
    interval_s=5.0,
    speed=120.0,
    begins="2026-11-18T09:30:00+08:00",
    disasters=(),
    settle_within_s=120.0,
)
"""Of the suite: a minute where nothing else runs, half of it the clean replay."""

SOAK = replace(Plan(), kills=0, jumps=0.0, disasters=())
"""Nothing is broken; the same thousand messages a second, and half an hour is six hours of the units' morning."""


@dataclass(slots=True)
class Report:
    """What was found. The storm was weathered where `faults` is empty at its end."""

    faults: list[str] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    _began_s: float = field(default_factory=time.monotonic)

    def say(self, line: str) -> None:
        """One line, at once."""
        print(f"{time.monotonic() - self._began_s:7.1f} s  {line}", flush=True)

    def require(self, holds: bool, line: str) -> None:
        """One line of the accounting."""
        self.say(f"{'holds ' if holds else 'BROKEN'}  {line}")
        if not holds:
            self.faults.append(line)


def parse(arguments: Sequence[str] | None) -> Plan:
    """Ends the process for `--help` and for what makes no sense."""
    full = Plan()
    parser = argparse.ArgumentParser(prog="make storm", description=__doc__)
    parser.add_argument("--seed", type=int, default=full.seed, help="what happens follows from it (%(default)s)")
    parser.add_argument("--kills", type=int, help=f"so many kill -9 ({full.kills})")
    parser.add_argument("--pause-s", type=float, help=f"between two of them, on average ({full.pause_s:g})")
    parser.add_argument("--within", type=_duration, metavar="TIME", help="the kills end then at the latest (40m)")
    parser.add_argument("--vehicles", type=int, default=full.vehicles, help="simulated units (%(default)s)")
    parser.add_argument(
        "--disasters", default=None, help=f"of {', '.join(DISASTERS)}: a list with commas, `all` or `none` (all)"
    )
    parser.add_argument("--bad", type=int, default=full.bad, help="bad messages (%(default)s)")
    parser.add_argument("--stall", type=_duration, default=full.stall_s, metavar="TIME", help="of the database (60s)")
    parser.add_argument("--cut", type=_duration, default=full.cut_s, metavar="TIME", help="of each wire (30s)")
    parser.add_argument("--full", type=_duration, default=full.full_s, metavar="TIME", help="of each disk (20s)")
    parser.add_argument("--outage", type=_duration, default=full.outage_s, metavar="TIME", help="of the broker (300s)")
    parser.add_argument("--soak", type=_duration, metavar="TIME", help="no storm: the load alone, and memory over time")
    parser.add_argument("--short", action="store_true", help="as in `make test`")
    parser.add_argument("--keep", action="store_true", help="leave the directory with logs, databases and ledger")
    options = parser.parse_args(arguments)
    plan = SHORT if options.short else SOAK if options.soak else full
    if not options.short:
        plan = replace(plan, vehicles=options.vehicles, bad=options.bad)
    plan = replace(plan, seed=options.seed, stall_s=options.stall, outage_s=options.outage, keep=options.keep)
    plan = replace(plan, soak_s=options.soak, cut_s=options.cut, full_s=options.full)
    if options.kills is not None:
        plan = replace(plan, kills=options.kills)
    if options.pause_s is not None:
        plan = replace(plan, pause_s=options.pause_s)
    if options.within is not None:
        plan = replace(plan, kills_within_s=options.within)
    if options.disasters is not None:
        named = {"all": DISASTERS, "none": ()}.get(options.disasters)
        chosen = named if named is not None else tuple(options.disasters.split(","))
        if unknown := set(chosen) - set(DISASTERS):
            parser.error(f"there is no disaster {', '.join(sorted(unknown))}: {', '.join(DISASTERS)}")
        plan = replace(plan, disasters=tuple(one for one in DISASTERS if one in chosen))
    return plan


def _duration(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h)?", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 90s or 30m")
    return float(found[1]) * {"s": 1, "m": 60, "h": 3_600}[found[2] or "s"]
