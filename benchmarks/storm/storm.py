"""One storm from beginning to end: load, blows, quiet, accounting, replay."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.storm import accounting, replay
from benchmarks.storm.disasters import BY_NAME, kills, stored
from benchmarks.storm.plan import Plan, Report
from benchmarks.storm.soak import soak
from benchmarks.storm.stack import Stack, ask, every
from benchmarks.storm.town import ADMINISTRATOR_PASSWORD, Town
from fleet.local.mosquitto import Mosquitto
from fleet.local.postgres import Postgres
from tests.services import run

_READY_WITHIN_S = 120.0
_FIRST_S = 3.0
_QUIET_S = 1.5


def weather(plan: Plan, directory: Path, postgres: Postgres, broker: Mosquitto) -> Report:
    """The storm over a database that is migrated and empty, and a broker; both run, and are its own.

    Returns with both running and everything else ended. `report.faults` says what does not hold.
    """
    report = Report()
    rng = np.random.default_rng([plan.seed, 1])
    town = Town(plan.vehicles)
    run(town.register(postgres.url()))
    town.open_broker(broker)
    stack = Stack(directory, postgres, broker, town, wired=plan.wired)
    try:
        stack.start()
        report.require(stack.live(_READY_WITHIN_S, stack.ready), "the service is ready")
        stack.start_units(plan)
        stack.live(_READY_WITHIN_S, every(0.5, lambda: stored(stack) > plan.vehicles))
        stack.live(_FIRST_S)
        began, before = time.monotonic(), stored(stack)
        kills(stack, plan, rng, report)
        for name in plan.disasters:
            BY_NAME[name](stack, plan, rng, report)
        if plan.soak_s is not None:
            soak(stack, plan, report)
            rate = (stored(stack) - before) / (time.monotonic() - began)
            report.say(f"load: {rate:,.0f} samples a second were stored")
        _calm(stack, plan, report)
        _account(stack, report)
        _stop(stack, report)
    finally:
        report.killed = stack.killed
        stack.close()
    run(replay.check_replay(stack.url, report))
    _replay_clean(stack, plan, report)
    return report


def _calm(stack: Stack, plan: Plan, report: Report) -> None:
    """The units stop measuring; everything that is on its way arrives."""
    began = time.monotonic()
    ended = stack.end_units(plan.settle_within_s + 30)
    report.require(ended, f"the units ended in order after {time.monotonic() - began:.0f} s")
    quiet_since, seen = time.monotonic(), -1

    def quiet() -> bool:
        nonlocal quiet_since, seen
        now = stack.ask(accounting.totals)["received"]
        if now != seen or stack.ask(replay.waiting):
            quiet_since, seen = time.monotonic(), now
        return time.monotonic() - quiet_since > _QUIET_S

    done = stack.live(plan.settle_within_s, every(0.2, quiet))
    report.require(done, f"nothing is left to fold or to judge {time.monotonic() - began:.0f} s after the last reading")
    report.require(stack.live(_READY_WITHIN_S, stack.ready), "the service is ready")


def _account(stack: Stack, report: Report) -> None:
    ledger = accounting.read_ledger(stack.ledger)
    sums = stack.ask(lambda connection: accounting.check_books(connection, report))
    stack.ask(lambda connection: accounting.check_units(connection, ledger, stack.town, report))
    said = _api_totals(stack.address)
    report.require(said == sums, f"the API says the same{'' if said == sums else f': {said}'}")
    for line, count in sorted(stack.ended.items()):
        report.say(f"        {count} times {line}")


def _api_totals(address: str) -> dict[str, int]:
    with httpx.Client(base_url=f"{address}/api/v1/", timeout=20, trust_env=False) as client:
        login = {"username": "admin", "password": ADMINISTRATOR_PASSWORD}
        token = client.post("auth/token", data=login).raise_for_status().json()["access_token"]
        answer: dict[str, Any] = (
            client.get("ledger", headers={"Authorization": f"Bearer {token}"}).raise_for_status().json()
        )
    return {name: int(answer["totals"][name]) for name in ("received", "stored", "duplicate", "quarantined")}


def _stop(stack: Stack, report: Report) -> None:
    codes = stack.stop_parts()
    report.require(not any(codes.values()), f"every part ends in order when it is told to ({codes})")
    tracebacks = stack.tracebacks()
    report.require(not tracebacks, f"nobody was surprised by an error ({', '.join(tracebacks) or 'no traceback'})")


def _replay_clean(stack: Stack, plan: Plan, report: Report) -> None:
    copy = run(replay.copy_and_empty(stack.postgres))
    parts = replay.clean_parts(copy, stack.environment, stack.directory)
    try:
        for part in parts:
            part.start()
        until, calm = time.monotonic() + plan.settle_within_s, 0
        while calm < 3 and time.monotonic() < until:
            time.sleep(0.5)
            calm = calm + 1 if run(ask(copy, replay.waiting)) == 0 else 0
        report.require(calm == 3, "the clean replay is done")
    finally:
        codes = [part.stop(lambda: False) for part in parts]
    report.require(not any(codes), f"monitor and judge of the replay end in order ({codes})")
    run(replay.check_same(stack.url, copy, report))
