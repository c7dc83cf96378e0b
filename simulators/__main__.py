"""`python -m simulators`: play a city's onboard units, their past, mere load, or the people who file orders, until
SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from fleet.errors import DependencyMissing, FleetError, InvalidSettings
from fleet.geography.divisions import CITY_CODE
from fleet.identity.tls import ClientTls
from fleet.settings import load_settings
from simulators.bills_feed import BillsFeed, bearers_of
from simulators.city import City
from simulators.clock import Clock
from simulators.counters import keep_counters, recall_counters
from simulators.days.calendar import day_of
from simulators.days.task_force import TaskForce
from simulators.faults import FAULTS, PROFILES
from simulators.fleet import Fleet, held, moving
from simulators.history import Progress, Span
from simulators.history_feed import HistoryFeed, PastUnit, read_progress, write_progress
from simulators.ledger import write_ledger
from simulators.load import Workload
from simulators.load_feed import send_load
from simulators.office.posts import Post
from simulators.office.run import keep_office
from simulators.office.source import Organs
from simulators.onboard import Play, life_of
from simulators.options import begins_at, parse
from simulators.registrar import Registrar
from simulators.roads import draw_roads
from simulators.roster import (
    ApiAccount,
    Credentials,
    UnitSpec,
    choose,
    fetch_cards,
    fetch_drivers,
    fetch_plates,
    fetch_roster,
    fetch_sites,
    read_credentials,
    read_roster,
)
from simulators.truth import TruthFile
from simulators.vehicle import World
from simulators.workshop import Workshop, with_first_units

log = logging.getLogger("simulators")

_REPORT_EVERY_S = 60.0
_GOODBYE_WITHIN_S = 10.0
_LONGEST_PAUSE_S = 15.0
_HELD_UP_S = 30.0
_PEOPLE_NICE = 5
_AWAKE_AFTER_S = 3_600.0  # within an hour of a new day every unit has thought of it
_RUNS_SINCE = 1_700_000_000
"""A process cannot remember the runs of those before it, so runs count the seconds since then: always greater."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The whole process; answers its exit code. An error of ours is one line, never a traceback."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    stop = _stopped_by(signal.SIGTERM, signal.SIGINT)
    try:
        settings = load_settings()
        logging.getLogger().setLevel(settings.log_level.upper())
        options = parse(arguments, settings.data_dir, settings.simulated_vehicles, settings.simulated_interval_s)
        options.mqtt_tls, options.api_tls = settings.mqtt_client_tls, ClientTls(settings.http_tls_ca)
        if options.orders:
            return _file_orders(options, stop)
        if options.history is not None:
            return _tell_history(options, stop)
        if options.rate is not None or options.once is not None:
            return _send_load(options, stop)
        return _play(options, stop)
    except FleetError as error:
        sys.stderr.write(f"simulators: {error}\n")
        return error.exit_code


# ---------------------------------------------------------------- the living fleet


def _play(options: argparse.Namespace, stop: Callable[[], bool]) -> int:
    credentials = _credentials(options)
    rates = PROFILES[options.faults].changed({fault: getattr(options, fault) for fault in FAULTS})
    roster = _roster(options, credentials, stop)
    if stop():
        return 0
    now = _now()
    begins = begins_at(options, now)
    world = _world(options, credentials, roster, begins, begins)
    ends_at = begins + options.for_s if options.for_s is not None else float("inf")
    clock = Clock(now, begins, options.speed, ends_at)
    play = Play(
        world=world,
        interval_s=options.interval_s,
        faults=rates,
        first_run=int(begins) - _RUNS_SINCE,
        # Receipts come in real time, however fast the units live.
        resend_after_s=options.resend_after_s * options.speed,
        keep_truth=options.ledger is not None,
        held_up_s=_HELD_UP_S * options.speed,
        truth=TruthFile(options.truth) if options.truth is not None else None,
    )
    registrar = _registrar(options, credentials)
    workshop = None if registrar is None else Workshop(registrar, options.exchanges * options.habits)
    fleet = Fleet(roster, credentials, play, clock, workshop)
    vehicles = [unit.life.vehicle for unit in fleet.units]
    known = recall_counters(options.counters, vehicles, world) if options.epoch is not None else 0
    log.info("%d units on %d connections, the meters of %d are known", len(fleet.units), fleet.connections, known)
    counted_on: date | None = None
    report_at, ledger_at, reported = now + 10, now + options.ledger_every_s, 0
    last_report_at = now
    try:
        while not stop() and not clock.over(now):
            fleet.turn(now)
            now = _now()
            if now >= report_at:
                rate = (fleet.published - reported) / (now - last_report_at)
                _report(fleet, rate)
                reported, last_report_at, report_at = fleet.published, now, now + _REPORT_EVERY_S
                today = day_of(clock.at(now))
                if today != counted_on and fleet.awake and today == day_of(clock.at(now) - _AWAKE_AFTER_S):
                    counted_on = today
                    if options.epoch is not None:
                        keep_counters(options.counters, vehicles, world, today)
            if options.ledger is not None and now >= ledger_at:
                write_ledger(options.ledger, fleet.units, now)
                ledger_at = now + options.ledger_every_s
        if not stop():
            fleet.turn(now)  # the last moments before the end
        _drain(fleet, options.drain_s)
        _say_goodbye(fleet)
    finally:
        if options.ledger is not None:
            write_ledger(options.ledger, fleet.units, _now())
        fleet.close()
        if registrar is not None:
            registrar.close()
    return 0


def _registrar(options: argparse.Namespace, credentials: Credentials) -> Registrar | None:
    """Who enters units that are replaced: the city's dispatcher. None where nobody can, or none shall be."""
    people = [one for one in credentials.offices if one.post is Post.DISPATCHER and one.division == CITY_CODE]
    if not people or options.roster is not None or not options.exchanges * options.habits:
        return None
    account = replace(_account(options, credentials), username=people[0].username, password=people[0].password)
    return Registrar(account)


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


# ---------------------------------------------------------------- its past


def _tell_history(options: argparse.Namespace, stop: Callable[[], bool]) -> int:
    credentials = _credentials(options)
    progress = read_progress(options.progress)
    if progress is None:
        span = Span.of_days(options.history, options.until if options.until is not None else _now())
        progress = Progress(options.seed, span.begin, span.until, options.interval_s)
        write_progress(options.progress, progress)  # what now is, is settled by the first start
    else:
        progress.require_same(options.seed, options.history, options.until, options.interval_s, options.progress)
    if progress.complete:
        log.info("the history of %d days is loaded already", options.history)
        return 0
    os.nice(options.nice)  # the living fleet, and whoever looks at it, come first
    roster = with_first_units(_roster(options, credentials, stop))
    if stop():
        return 0
    world = _world(options, credentials, roster, progress.until, progress.begin)
    units = [PastUnit(spec.code, spec.division, life_of(spec, world, progress.interval_s)) for spec in roster]
    feed = HistoryFeed(
        *(units, credentials.broker, credentials.history or credentials.gateways),
        *(progress, options.progress, _now),
        TruthFile(options.truth) if options.truth is not None else None,
    )
    log.info("%d units, %d slices, %d done", len(units), len(progress.span.slices()), progress.slices_done)
    bills = None
    if options.bills:
        account = _account(options, credentials)
        bearers = bearers_of(roster, [one.life.vehicle for one in units], fetch_plates(account), fetch_cards(account))
        slices = progress.span.slices()
        bills = BillsFeed(bearers, slices, progress.slices_done, credentials.offices, account, _now)
    began = _now()
    try:
        while not stop() and not feed.complete:
            feed.turn()
            if bills is not None:
                bills.send_up_to(progress.slices_done)
    finally:
        feed.close()
    while bills is not None and not stop() and not bills.send_up_to(progress.slices_done):
        time.sleep(0.5)
    log.info("%s after %.0f s", feed.sentence(), _now() - began)
    return 0


# ---------------------------------------------------------------- load


def _send_load(options: argparse.Namespace, stop: Callable[[], bool]) -> int:
    credentials = _credentials(options)
    accounts = credentials.load or credentials.gateways
    roster = _roster(options, credentials, stop)
    if stop():
        return 0
    workload = Workload(options.rate, options.once, options.array)
    ends_at = _now() + options.for_s if options.for_s is not None else float("inf")
    broker = credentials.broker
    report = send_load(broker, accounts, roster, workload, _now, lambda: stop() or _now() >= ends_at)
    if options.json:
        sys.stdout.write(report.as_json() + "\n")
    else:
        log.info("%s", report.sentence())
    return 0


# ---------------------------------------------------------------- the people


def _file_orders(options: argparse.Namespace, stop: Callable[[], bool]) -> int:
    credentials = _credentials(options)
    account = _account(options, credentials)
    os.nice(_PEOPLE_NICE)  # the units come first
    roster = _roster(options, credentials, stop)
    if stop():
        return 0
    now = _now()
    world = _world(options, credentials, roster, now, now)
    organs = Organs(roster, fetch_drivers(account), world)
    if options.epoch is not None:
        recall_counters(options.counters, organs.vehicles, world)
    log.info("%d vehicles of %d organs", len(organs.vehicles), len(organs.numbers))
    work = keep_office(
        *(organs, account.url, credentials.offices, options.api_tls),
        diary=options.diary,
        by_road=options.departures == "road",
        now=_now,
        stop=stop,
    )
    asyncio.run(work)
    return 0


# ---------------------------------------------------------------- around it


def _world(
    options: argparse.Namespace, credentials: Credentials, roster: list[UnitSpec], counted_from: float, begins: float
) -> World:
    """What all vehicles share: odometers count from the day of `counted_from`, a task force serves from `begins` on."""
    first = day_of(begins)
    task_force = None
    if options.task_force:
        last = first + timedelta(days=options.task_force_days - 1)
        vehicles = [spec.vehicle for spec in roster]
        task_force = TaskForce.of(vehicles, options.task_force, first, last, options.task_force_division, options.seed)
    return World(
        City.of(draw_roads(), fetch_sites(_account(options, credentials)) if options.roster is None else ()),
        options.seed,
        epoch=options.epoch or day_of(counted_from),
        habits=options.habits,
        task_force=task_force,
    )


def _roster(options: argparse.Namespace, credentials: Credentials, stop: Callable[[], bool]) -> list[UnitSpec]:
    """The units to play; empty when we were stopped meanwhile. Raises InvalidSettings."""
    if options.roster is not None:
        roster = read_roster(options.roster)
    else:
        roster = _roster_from_api(_account(options, credentials), stop)
    if not roster and not stop():
        raise InvalidSettings("the roster is empty: no unit is registered")
    return choose(roster, options.vehicles)


def _credentials(options: argparse.Namespace) -> Credentials:
    """Raises InvalidSettings."""
    return read_credentials(options.credentials).trusting(options.mqtt_tls, options.api_tls)


def _account(options: argparse.Namespace, credentials: Credentials) -> ApiAccount:
    """Raises InvalidSettings."""
    if credentials.api is None:
        raise InvalidSettings(f"{options.credentials} names no API account: give --roster FILE")
    return credentials.api if options.api_url is None else replace(credentials.api, url=options.api_url)


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
