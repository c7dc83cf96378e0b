"""The promise: whatever is killed, stalled or repeated, every sample a unit recorded is stored once or in quarantine.

Real processes, a database with everything durable, kill -9. After each blow the units get time to resend; then no unit
may hold anything, nothing may be missing or doubled, and all books must agree.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from fleet.local.mosquitto import Mosquitto
from fleet.local.postgres import Postgres
from tests import services
from tests.ingest.stage import Stage, until
from tests.ingest.units import Units, Wire

pytestmark = [pytest.mark.store, pytest.mark.seam, pytest.mark.end_to_end, pytest.mark.timeout(300)]


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A cluster of this test's own with fsync on: it is going to be killed."""
    with services.durable_postgres() as server:
        yield server


@pytest.fixture
def durable(postgres: Postgres, broker: Mosquitto, tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(postgres.url(), broker, tmp_path)
    try:
        yield stage
    finally:
        stage.close()


@pytest.fixture
def units(durable: Stage) -> Iterator[Units]:
    durable.start_ingest()
    fleet = Units(durable)
    try:
        yield fleet
    finally:
        fleet.close()


def flow(units: Units, samples: int) -> None:
    """Returns when that many more samples were recorded."""
    target = units.produced + samples
    until(lambda: units.produced >= target, f"{samples} more samples")


def kill_ingest(stage: Stage, _postgres: Postgres) -> None:
    stage.kill_ingest()
    time.sleep(0.5)
    stage.start_ingest()


def kill_postgres(_stage: Stage, postgres: Postgres) -> None:
    postgres.kill()
    time.sleep(0.5)
    postgres.start()


def kill_broker(stage: Stage, _postgres: Postgres) -> None:
    stage.broker.kill()
    time.sleep(0.5)
    stage.broker.start()


def terminate_ingest(stage: Stage, _postgres: Postgres) -> None:
    assert stage.stop_ingest() == 0
    stage.start_ingest()


Blow = Callable[[Stage, Postgres], None]


@pytest.mark.parametrize(
    "blows",
    [
        pytest.param([kill_ingest, kill_ingest], id="ingest killed twice"),
        pytest.param([kill_postgres, kill_postgres], id="PostgreSQL killed twice"),
        pytest.param([kill_broker, kill_broker], id="Mosquitto killed twice"),
        pytest.param([terminate_ingest, terminate_ingest], id="ingest terminated in mid-batch twice"),
        pytest.param([kill_broker, kill_postgres, kill_ingest, terminate_ingest], id="all in turn"),
    ],
)
def test_nothing_is_lost_when_a_process_dies(
    blows: list[Blow], durable: Stage, postgres: Postgres, units: Units
) -> None:
    flow(units, 1_000)
    for blow in blows:
        blow(durable, postgres)
        flow(units, 1_000)
    units.settle()
    units.check_nothing_lost()


def test_nothing_is_lost_with_two_workers_of_which_one_dies(durable: Stage, units: Units) -> None:
    durable.start_ingest(worker=2)
    flow(units, 1_500)
    durable.kill_ingest(worker=2)
    flow(units, 1_000)
    durable.start_ingest(worker=2)
    flow(units, 1_000)
    units.settle()
    units.check_nothing_lost()
    shares = durable.fetch("select worker, sum(stored) as stored from batch group by worker having sum(stored) > 0")
    assert len(shares) == 2


def test_nothing_is_lost_while_the_database_stalls_for_a_minute(
    durable: Stage, postgres: Postgres, units: Units
) -> None:
    assert postgres.pid is not None
    flow(units, 1_000)
    stalled = [psutil.Process(postgres.pid), *psutil.Process(postgres.pid).children(recursive=True)]
    for process in stalled:
        process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    try:
        while time.monotonic() - began < 60:
            time.sleep(1)
    finally:
        for process in stalled:
            process.send_signal(signal.SIGCONT)
    flow(units, 500)
    units.settle(within_s=90)
    units.check_nothing_lost()
    # It was waited for, on the same connection: nobody gave up and nothing was tried twice.
    assert "did not take" not in durable.log()()


def test_nothing_is_lost_on_a_wire_that_drops_doubles_and_reorders(durable: Stage, units: Units) -> None:
    units.wire = Wire(drop=0.15, duplicate=0.2, reorder=0.2)
    flow(units, 4_000)
    units.settle()
    units.check_nothing_lost()
    assert durable.totals()["duplicate"] > 0


def test_a_rebooted_unit_counts_anew_and_loses_nothing_of_the_run_before(units: Units) -> None:
    flow(units, 500)
    units.wire = Wire(drop=0.3)
    flow(units, 500)
    for code in ("u0", "u3", "u0"):
        units.reboot(code)
        flow(units, 500)
    units.settle()
    units.check_nothing_lost()
    assert {run for _, run, _ in units.units["u0"].truth or {}} == {1, 2, 3}


def test_a_stop_is_not_delayed_by_a_database_that_is_away(durable: Stage, postgres: Postgres, units: Units) -> None:
    flow(units, 300)
    postgres.kill()
    time.sleep(1)
    began = time.monotonic()
    assert durable.stop_ingest() == 0
    assert time.monotonic() - began < 20
    postgres.start()
    durable.start_ingest()
    units.settle()
    units.check_nothing_lost()


def test_two_processes_can_not_be_the_same_worker(durable: Stage, units: Units) -> None:
    log = durable.log()
    first = durable._workers[1]
    second = durable.start_ingest(ready=False)
    until(lambda: "already running elsewhere" in log(), "the second process to find the first", log=log)
    flow(units, 300)
    os.kill(second.pid, signal.SIGKILL)
    second.wait()
    durable._workers[1] = first
    units.settle()
    units.check_nothing_lost()
