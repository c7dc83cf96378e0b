"""What befalls the service beside kills. Each is over when it returns, and says what it did in one line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import asyncpg
import numpy as np
import psutil

from benchmarks.storm.accounting import totals
from benchmarks.storm.noise import MARK
from benchmarks.storm.plan import Plan, Report
from benchmarks.storm.stack import TARGETS, Stack, ask, every, room
from fleet.geography.divisions import COUNTIES
from fleet.local.parts import ROOT

_BREATH_S = 5.0
_AFTER_WITHIN_S = 120.0
FAKETIME = tuple(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


def stored(stack: Stack) -> int:
    """Samples and statuses so far."""
    return stack.ask(totals)["stored"]


def kills(stack: Stack, plan: Plan, rng: np.random.Generator, report: Report) -> None:
    """`plan.kills` times SIGKILL, for one process after the other, within a bound."""
    if not plan.kills:
        return
    before, began = stored(stack), time.monotonic()
    done = 0
    order: list[str] = []
    while done < plan.kills and time.monotonic() - began < plan.kills_within_s:
        if not order:
            # Each in turn, in an order that is drawn anew: so many of every kind.
            order = [str(one) for one in rng.permutation(TARGETS)]
        target = order.pop()
        stack.live(float(rng.exponential(plan.pause_s)))
        if stack.live(_AFTER_WITHIN_S, lambda one=target: stack.kill(one, rng)):  # type: ignore[misc]
            done += 1
    seconds = time.monotonic() - began
    stack.live(_AFTER_WITHIN_S, stack.ready)
    each = ", ".join(f"{name} {count}" for name, count in sorted(stack.killed.items()))
    report.say(f"kills: {done:,} within {seconds:.0f} s ({each}); meanwhile {stored(stack) - before:,} were stored")
    report.require(done >= plan.kills, f"{done:,} of {plan.kills:,} kills within {plan.kills_within_s:.0f} s")


def stall(stack: Stack, plan: Plan, _: np.random.Generator, report: Report) -> None:
    """Every process of the database stands still."""
    assert stack.postgres.pid is not None
    first = psutil.Process(stack.postgres.pid)
    stopped = [first, *first.children(recursive=True)]
    for process in stopped:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGSTOP)
    try:
        stack.live(plan.stall_s)
    finally:
        for process in stopped:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)
    _recovered(stack, report, f"stall: the database stood still for {plan.stall_s:.0f} s")


def lock(stack: Stack, plan: Plan, _: np.random.Generator, report: Report) -> None:
    """Somebody holds the table of batches and that of trips."""

    async def hold(connection: asyncpg.Connection) -> None:
        async with connection.transaction():
            await connection.execute("lock table batch, trip in access exclusive mode")
            await asyncio.to_thread(time.sleep, plan.stall_s)

    holder = ThreadPoolExecutor(1)
    held = holder.submit(lambda: asyncio.run(ask(stack.url, hold)))
    stack.live(plan.stall_s + _AFTER_WITHIN_S, held.done)
    holder.shutdown()
    report.require(held.exception() is None, f"the lock was had and given back ({held.exception()})")
    _recovered(stack, report, f"lock: batches and trips were locked for {plan.stall_s:.0f} s")


def cut(stack: Stack, plan: Plan, rng: np.random.Generator, report: Report) -> None:
    """Each wire in turn swallows everything, is then dead, and mended; at last all at once."""
    for names in (*([name] for name in sorted(stack.wires)), sorted(stack.wires)):
        for name in names:
            stack.wires[name].swallow()
        stack.live(plan.cut_s)
        for name in names:
            stack.wires[name].cut()
        stack.live(plan.cut_s / 3)
        for name in names:
            stack.wires[name].mend()
        stack.live(_BREATH_S)
    _recovered(
        stack, report, f"cut: units, ingest and database cut off in turn and together, {plan.cut_s:.0f} s each time"
    )


def disk(stack: Stack, plan: Plan, _: np.random.Generator, report: Report) -> None:
    """The file systems of the database and of the broker are filled to the last byte."""
    for name, directory in (("database", stack.postgres.directory), ("broker", stack.broker.directory)):
        place = next(one for one in (directory, *directory.parents) if os.path.ismount(one))
        if place == Path("/"):
            report.say(f"disk: skipped for the {name}, which has no file system of its own (mounting is not permitted)")
            continue
        before = stored(stack)
        with _ballast(place):
            # More and more: what is freed by an end is taken as well.
            stack.live(plan.full_s)
            left = room(place)
        _recovered(stack, report, f"disk: that of the {name} was full for {plan.full_s:.0f} s ({left:,} bytes left)")
        report.require(stored(stack) >= before, f"what was stored before the {name}'s disk was full is there")


@contextlib.contextmanager
def _ballast(place: Path) -> Iterator[None]:
    ballast = place / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            piece = bytes(1 << 20)
            with contextlib.suppress(OSError):
                while True:
                    file.write(piece)
        yield
    finally:
        ballast.unlink(missing_ok=True)


def bad(stack: Stack, plan: Plan, _: np.random.Generator, report: Report) -> None:
    """Messages of which none can be accepted, through gateways of their own, as fast as the broker takes them."""
    before = stack.ask(totals)["quarantined"]
    began = time.monotonic()
    noise = subprocess.Popen(
        [
            *(sys.executable, "-m", "benchmarks.storm.noise", "--port", str(stack.broker.port)),
            *("--count", str(plan.bad), "--seed", str(plan.seed), "--division", str(COUNTIES[0].code)),
            *("--known", stack.town.codes[1]),
        ],
        cwd=ROOT,
        env={**os.environ, "STORM_PASSWORD": stack.town.password},
        stdout=subprocess.PIPE,
    )
    try:
        stack.live(plan.settle_within_s + plan.bad / 1_000, lambda: noise.poll() is not None)
    finally:
        if noise.poll() is None:
            noise.kill()
    taken = int(noise.communicate()[0] or 0)
    arrived = stack.live(
        plan.settle_within_s + plan.bad / 1_000,
        every(1.0, lambda: stack.ask(totals)["quarantined"] - before >= taken),
    )
    report.say(f"bad: {taken:,} bad messages, refused within {time.monotonic() - began:.0f} s")
    refused = stack.ask(_noise)
    report.require(
        arrived and taken == plan.bad and refused == taken,
        f"every bad message is in quarantine, once ({refused:,} of {plan.bad:,})",
    )


async def _noise(connection: asyncpg.Connection) -> int:
    found: int = await connection.fetchval(
        "select count(distinct payload) from quarantine where position($1::bytea in payload) > 0", MARK
    )
    return found


def outage(stack: Stack, plan: Plan, _: np.random.Generator, report: Report) -> None:
    """The broker is away; then every unit sends at once what it has kept."""
    before, since = stored(stack), time.monotonic()
    stack.live(10)
    usual = (stored(stack) - before) / (time.monotonic() - since)
    stack.held_down.add("broker")
    stack.broker.kill()
    try:
        stack.live(plan.outage_s)
    finally:
        stack.held_down.discard("broker")
    before, began = stored(stack), time.monotonic()
    due = before + usual * plan.outage_s * 0.8
    marks = [(began, before)]

    def caught_up() -> bool:
        marks.append((time.monotonic(), stored(stack)))
        return marks[-1][1] >= due

    done = stack.live(plan.settle_within_s, every(1.0, caught_up))
    fastest = max((b - a) / (to - at) for (at, a), (to, b) in pairwise(marks) if to > at)
    lived = plan.outage_s * plan.speed / 60
    report.say(
        f"outage: no broker for {plan.outage_s:.0f} s ({lived:.0f} minutes of the units); then"
        f" up to {fastest:,.0f} a second, {fastest / max(usual, 1):.0f} times the usual {usual:,.0f}"
    )
    report.require(done, f"what was kept meanwhile arrived within {time.monotonic() - began:.0f} s of its return")


def clock(stack: Stack, plan: Plan, _: np.random.Generator, report: Report) -> None:
    """The service's clock jumps an hour ahead and back: its parts start again with another time. The units' own clocks
    jump all the while."""
    if not FAKETIME:
        report.say("clock: that of the service is skipped: libfaketime is not installed (units' clocks do jump)")
        return
    preload = {"LD_PRELOAD": str(FAKETIME[0]), "FAKETIME": "+1h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    for ahead in (True, False):
        for part in stack.parts.values():
            part.environment = {**stack.environment, **(preload if ahead else {})}
            if part.pid is not None:
                os.kill(part.pid, signal.SIGKILL)
        stack.live(plan.full_s)
    _recovered(stack, report, f"clock: the service's clock was an hour ahead for {plan.full_s:.0f} s, and went back")


def _recovered(stack: Stack, report: Report, line: str) -> None:
    """Says the line with how long it took until the service was ready again."""
    began = time.monotonic()
    ready = stack.live(_AFTER_WITHIN_S, every(0.5, stack.ready))
    report.say(line)
    report.require(ready, f"ready again after {time.monotonic() - began:.1f} s")
    stack.live(_BREATH_S)


Disaster = Callable[[Stack, Plan, np.random.Generator, Report], None]

BY_NAME: dict[str, Disaster] = {
    "stall": stall,
    "lock": lock,
    "cut": cut,
    "disk": disk,
    "bad": bad,
    "outage": outage,
    "clock": clock,
}
