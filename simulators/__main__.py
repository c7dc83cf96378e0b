"""`python -m simulators`: play a city's onboard units until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from fleet.errors import DependencyMissing, FleetError, InvalidSettings
from fleet.settings import load_settings
from simulators.city import City
from simulators.days.calendar import day_of
from simulators.faults import FAULTS, PROFILES
from simulators.fleet import Fleet, held, moving
from simulators.ledger import write_ledger
from simulators.onboard import Play
from simulators.roads import draw_roads
from simulators.roster import ApiAccount, UnitSpec, choose, fetch_roster, read_credentials, read_roster
from simulators.vehicle import World

log = logging.getLogger("simulators")

_REPORT_EVERY_S = 60.0
_GOODBYE_WITHIN_S = 10.0
_LONGEST_PAUSE_S = 15.0
_RUNS_SINCE = 1_700_000_000
"""A process cannot remember the runs of those before it, so runs count the seconds since then: always greater."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The whole process; answers its exit code. An error of ours is one line, never a traceback."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    stop = _stopped_by(signal.SIGTERM, signal.SIGINT)
    try:
        options = _options(arguments)
        return _play(options, stop)
    except FleetError as error:
        sys.stderr.write(f"simulators: {error}\n")
        return error.exit_code


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    settings = load_settings()
    parser = argparse.ArgumentParser(prog="simulators", description=__doc__)
    parser.add_argument(
        "--credentials",
        type=Path,
        default=settings.data_dir / "secrets" / "simulator.json",
        help="accounts at the broker and the API, as `fleet up` writes them (default: %(default)s)",
    )
    parser.add_argument("--vehicles", type=int, default=settings.simulated_vehicles, help="units to play (%(default)s)")
    parser.add_argument(
        "--interval-s",
        type=float,
        default=float(settings.simulated_interval_s),
        help="seconds between positions while moving, 1 to 60 (%(default)s)",
    )
    parser.add_argument("--seed", type=int, default=1, help="what happens follows from this number (%(default)s)")
    parser.add_argument("--api-url", help="where to ask for units and vehicles (default: as the credentials file says)")
    parser.add_argument("--roster", type=Path, help="units from this JSON file instead of the API")
    parser.add_argument("--faults", choices=sorted(PROFILES), default="none", help="faults of the wire (%(default)s)")
    for fault in FAULTS:
        parser.add_argument(f"--{fault}", type=float, metavar="CHANCE", help=f"chance of the fault {fault}")
    parser.add_argument(
        "--resend-after-s",
        type=float,
        default=60.0,
        help="send again what no receipt covered within so many seconds (%(default)s)",
    )
    parser.add_argument("--ledger", type=Path, help="write what was produced and held to this JSON file")
    parser.add_argument("--ledger-every-s", type=float, default=5.0, help="how often (%(default)s)")
    parser.add_argument("--for-s", type=float, help="end by itself after so many seconds")
    parser.add_argument(
        "--drain-s",
        type=float,
        default=0.0,
        help="at the end stop measuring and making faults, and wait so long for receipts of everything (%(default)s)",
    )
    options = parser.parse_args(arguments)
    if not 1 <= options.interval_s <= 60:
        raise InvalidSettings(f"--interval-s must lie between 1 and 60, not {options.interval_s:g}")
    if options.vehicles < 1:
        raise InvalidSettings(f"--vehicles must be at least 1, not {options.vehicles}")
    return options


def _play(options: argparse.Namespace, stop: Callable[[], bool]) -> int:
    credentials = read_credentials(options.credentials)
    rates = PROFILES[options.faults].changed({fault: getattr(options, fault) for fault in FAULTS})
    city = City.of(draw_roads())
    if options.roster is not None:
        roster = read_roster(options.roster)
    else:
        account = credentials.api
        if account is not None and options.api_url is not None:
            account = replace(account, url=options.api_url)
        if account is None:
            raise InvalidSettings(f"{options.credentials} names no API account: give --roster FILE")
        roster = _roster_from_api(account, stop)
    if stop():
        return 0
    if not roster:
        raise InvalidSettings("the roster is empty: no unit is registered")

    now = _now()
    play = Play(
        world=World(city, options.seed, epoch=day_of(now)),
        interval_s=options.interval_s,
        faults=rates,
        first_run=int(now) - _RUNS_SINCE,
        resend_after_s=options.resend_after_s,
        keep_truth=options.ledger is not None,
    )
    fleet = Fleet(choose(roster, options.vehicles), credentials, play, now)
    log.info("%d units on %d connections", len(fleet.units), fleet.connections)
    until = now + options.for_s if options.for_s is not None else float("inf")
    report_at, ledger_at, reported = now + 10, now + options.ledger_every_s, 0
    last_report_at = now
    try:
        while not stop() and now < until:
            fleet.turn(now)
            now = _now()
            if now >= report_at:
                rate = (fleet.published - reported) / (now - last_report_at)
                _report(fleet, rate)
                reported, last_report_at, report_at = fleet.published, now, now + _REPORT_EVERY_S
            if options.ledger is not None and now >= ledger_at:
                write_ledger(options.ledger, fleet.units, now)
                ledger_at = now + options.ledger_every_s
        _drain(fleet, options.drain_s)
        _say_goodbye(fleet)
    finally:
        if options.ledger is not None:
            write_ledger(options.ledger, fleet.units, _now())
        fleet.close()
    return 0


def _drain(fleet: Fleet, within_s: float) -> None:
    if within_s <= 0:
        return
    now = _now()
    until = now + within_s
    fleet.heal(now)
    while now < until and held(fleet.units):
        fleet.turn(now)
        now = _now()


def _say_goodbye(fleet: Fleet) -> None:
    until = _now() + _GOODBYE_WITHIN_S
    while not fleet.goodbye(_now()):
        if _now() > until:
            log.warning("ended without the broker's last acknowledgements")
            return
    log.info("ended in order; %d samples were not yet covered by a receipt", held(fleet.units))


def _report(fleet: Fleet, rate: float) -> None:
    units = fleet.units
    log.info(
        "%d of %d connections, %d of %d vehicles moving, %.0f messages/s, %d samples not covered yet, %d sent again",
        *(fleet.connected, fleet.connections, moving(units), len(units), rate, held(units)),
        sum(unit.unit.counters.samples_resent for unit in units),
    )


def _roster_from_api(account: ApiAccount, stop: Callable[[], bool]) -> list[UnitSpec]:
    """Ask until the API answers; it may start after us."""
    pause_s = 1.0
    while not stop():
        try:
            return fetch_roster(account)
        except DependencyMissing as error:
            log.warning("%s; next attempt in %.0f s", error, pause_s)
        until = _now() + pause_s
        while _now() < until and not stop():
            time.sleep(0.1)
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
    return []


def _stopped_by(*signals: signal.Signals) -> Callable[[], bool]:
    stopped: list[int] = []
    for number in signals:
        signal.signal(number, lambda caught, _: stopped.append(caught))
    return lambda: bool(stopped)


def _now() -> float:
    return time.time()  # noqa: TID251 - the entry point is where the clock is read


if __name__ == "__main__":
    sys.exit(main())
