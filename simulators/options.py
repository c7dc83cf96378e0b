"""What `python -m simulators` may be asked, checked. Four ways to play: the living fleet (the default), its past
(`--history`), mere load (`--rate`, `--once`), and the people who file orders (`--orders`).
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from fleet.errors import InvalidSettings
from fleet.geography.divisions import COUNTIES
from simulators.faults import FAULTS, PROFILES
from simulators.workshop import CHANCE

HISTORY_INTERVAL_S = 30.0
COUNTY_CODES = frozenset(county.code for county in COUNTIES)
_FAST_FROM_S = 86_400.0


def parse(arguments: Sequence[str] | None, data_dir: Path, vehicles: int, interval_s: float) -> argparse.Namespace:
    """The options; the last three arguments are defaults. Raises InvalidSettings; ends the process for `--help`."""
    parser = argparse.ArgumentParser(
        prog="simulators", description="Play a city's onboard units until SIGTERM or Ctrl-C."
    )
    parser.add_argument(
        "--credentials",
        type=Path,
        default=data_dir / "secrets" / "simulator.json",
        help="accounts at the broker and the API, as `fleet up` writes them (default: %(default)s)",
    )
    parser.add_argument("--vehicles", type=int, default=vehicles, help="units to play (%(default)s)")
    parser.add_argument(
        "--interval-s",
        type=float,
        help=f"seconds between positions while moving, 1 to 60 ({interval_s:g}; with --history {HISTORY_INTERVAL_S:g})",
    )
    parser.add_argument("--seed", type=int, default=1, help="what happens follows from this number (%(default)s)")
    parser.add_argument(
        "--epoch",
        type=_day,
        metavar="DATE",
        help="from which day odometers count; the same for all that one database is told (the day it begins or ends)",
    )
    parser.add_argument(
        "--habits", type=float, default=1.0, metavar="TIMES", help="chance of every habit, 0 = all behave (%(default)s)"
    )
    parser.add_argument("--truth", type=Path, help="append what really happened to this file, for measuring rules")
    parser.add_argument("--task-force", type=int, default=0, metavar="N", help="vehicles that one emergency takes")
    parser.add_argument("--task-force-division", type=int, default=530381, metavar="CODE", help="where (%(default)s)")
    parser.add_argument("--task-force-days", type=int, default=3, metavar="DAYS", help="how long (%(default)s)")
    parser.add_argument("--api-url", help="where to ask for units and vehicles (default: as the credentials file says)")
    parser.add_argument("--roster", type=Path, help="units from this JSON file instead of the API")
    _living(parser.add_argument_group("the living fleet"), data_dir)
    _past(parser.add_argument_group("its past, sent as fast as the service takes it"), data_dir)
    _load(parser.add_argument_group("load: samples by number, for a database of its own"))
    _people(parser.add_argument_group("the people of the organs, beside the living fleet"), data_dir)
    options = parser.parse_args(arguments)
    _check(options, interval_s)
    return options


def _living(group: argparse._ArgumentGroup, data_dir: Path) -> None:
    group.add_argument("--faults", choices=sorted(PROFILES), default="none", help="faults of the wire (%(default)s)")
    for fault in FAULTS:
        group.add_argument(f"--{fault}", type=float, metavar="CHANCE", help=f"chance of the fault {fault}")
    group.add_argument(
        "--resend-after-s",
        type=float,
        default=60.0,
        help="send again what no receipt covered within so many seconds (%(default)s)",
    )
    group.add_argument(
        "--speed",
        type=float,
        default=1.0,
        metavar="TIMES",
        help="live faster than time, 1 to 1000, for training: from --from on until the present is reached",
    )
    group.add_argument(
        "--from",
        dest="begins",
        type=_moment,
        metavar="TIME",
        help="when the units' life begins, RFC 3339, not in the future (now; with --speed a day ago)",
    )
    group.add_argument(
        "--counters",
        type=Path,
        default=data_dir / "run" / "counters.json",
        help="what the odometers said this morning, for a quick start another day; needs --epoch (%(default)s)",
    )
    group.add_argument(
        "--exchanges",
        type=float,
        default=CHANCE,
        metavar="CHANCE",
        help="of a vehicle on a day, that its unit is replaced, in the registry too (%(default)s)",
    )
    group.add_argument("--ledger", type=Path, help="write what was produced and held to this JSON file")
    group.add_argument("--ledger-every-s", type=float, default=5.0, help="how often (%(default)s)")
    group.add_argument("--for-s", type=float, help="end by itself after so many seconds of the units' life")
    group.add_argument(
        "--drain-s",
        type=float,
        default=0.0,
        help="at the end stop measuring and making faults, and wait so long for receipts of everything (%(default)s)",
    )


def _past(group: argparse._ArgumentGroup, data_dir: Path) -> None:
    group.add_argument("--history", type=_days, metavar="DAYS", help="load so many days, as in 30d")
    group.add_argument("--until", type=_moment, metavar="TIME", help="when it ends, RFC 3339 (now)")
    group.add_argument(
        "--progress",
        type=Path,
        default=data_dir / "run" / "history.json",
        help="how far it has come; killed, it continues from here (%(default)s)",
    )
    group.add_argument(
        "--bills",
        action="store_true",
        help="with --history: have the offices import what fuel cards and chargers billed on those days",
    )
    group.add_argument("--nice", type=int, default=10, help="how far it stands back behind others (%(default)s)")


def _load(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--rate", type=float, metavar="N", help="samples a second, whatever the service answers")
    group.add_argument(
        "--once", type=int, metavar="N", help="so many samples, then end; without --rate as fast as the broker takes"
    )
    group.add_argument("--array", type=int, default=1, metavar="K", help="samples a message, 1 to 1000 (%(default)s)")
    group.add_argument("--json", action="store_true", help="print what was done as one JSON object")


def _people(group: argparse._ArgumentGroup, data_dir: Path) -> None:
    group.add_argument(
        "--orders", action="store_true", help="file the orders of the vehicles through the HTTP interface"
    )
    group.add_argument(
        "--departures",
        choices=("people", "road"),
        default="people",
        help="who records departures; returns with odometer and cost are always recorded by people (%(default)s)",
    )
    group.add_argument(
        "--diary",
        type=Path,
        default=data_dir / "run" / "office.json",
        help="since when the offices are open, and what they have done (%(default)s)",
    )


def _check(options: argparse.Namespace, interval_s: float) -> None:
    loads = options.rate is not None or options.once is not None
    if loads and options.history is not None:
        raise InvalidSettings("--history and --rate or --once are two ways to play: ask for one")
    if options.bills and (options.history is None or options.roster is not None):
        raise InvalidSettings("--bills goes with --history, and with the vehicles of the registry: without --roster")
    if options.orders and (loads or options.history is not None or options.speed != 1 or options.begins is not None):
        raise InvalidSettings("--orders are filed in real time, beside the living fleet: not with another way to play")
    if options.interval_s is None:
        options.interval_s = interval_s if options.history is None else HISTORY_INTERVAL_S
    if not 1 <= options.interval_s <= 60:
        raise InvalidSettings(f"--interval-s must lie between 1 and 60, not {options.interval_s:g}")
    if options.task_force < 0 or options.task_force_days < 1 or options.task_force_division not in COUNTY_CODES:
        counties = ", ".join(map(str, sorted(COUNTY_CODES)))
        raise InvalidSettings(f"--task-force takes vehicles for at least one day to one of the counties {counties}")
    if not 0 <= options.exchanges <= 1:
        raise InvalidSettings(f"--exchanges is a chance from 0 to 1, not {options.exchanges:g}")
    if options.habits < 0:
        raise InvalidSettings(f"--habits must not be negative, not {options.habits:g}")
    if options.vehicles < 1:
        raise InvalidSettings(f"--vehicles must be at least 1, not {options.vehicles}")
    if options.rate is not None and options.rate <= 0:
        raise InvalidSettings(f"--rate must be more than 0 samples a second, not {options.rate:g}")
    if options.once is not None and options.once < 1:
        raise InvalidSettings(f"--once must be at least 1, not {options.once}")
    if not 1 <= options.array <= 1_000:
        raise InvalidSettings(f"--array must lie between 1 and 1000, not {options.array}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-11-23") from None


def begins_at(options: argparse.Namespace, now: float) -> float:
    """When the living units' life begins (Unix seconds)."""
    if options.begins is not None:
        return float(options.begins)
    return now - _FAST_FROM_S if options.speed > 1 else now


def _days(text: str) -> int:
    found = re.fullmatch(r"(\d{1,3})d?", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days such as 30d")
    return int(found[1])


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-23T08:00:00+08:00") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} lacks its offset, such as +08:00")
    return moment.timestamp()
