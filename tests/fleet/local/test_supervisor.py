"""`fleet up` from outside: start, a crash, a second one, a second shell, the end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from fleet.local.clean import clean
from fleet.local.discovery import is_up, read_environment, settings_with_private_servers
from fleet.local.parts import ROOT, Part, keep_short
from fleet.local.processes import await_end
from fleet.settings import Settings
from tests.services import free_port, fresh_directory

UP = """
from fleet.local.supervisor import Supervisor
from fleet.settings import load_settings
Supervisor(load_settings(), lambda line: print(line, flush=True), [("ticker", "tests.fleet.local.ticker")]).run()
"""


class House:
    """One `fleet up` with a stand-in service, its output in a file."""

    def __init__(self) -> None:
        self.data_dir = fresh_directory("up")
        self.data_dir.mkdir()
        self.data_dir.chmod(0o711)
        self.ports = {"DATABASE": free_port(), "MQTT": free_port(), "HTTP": free_port()}
        self.environment = {
            **os.environ,
            "FLEET_DATA_DIR": str(self.data_dir),
            "FLEET_SIMULATED_VEHICLES": "0",
            **{f"FLEET_{name}_PORT": str(port) for name, port in self.ports.items()},
        }
        self.output = self.data_dir / "output"
        self.process: subprocess.Popen[bytes] | None = None

    def up(self) -> subprocess.Popen[bytes]:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", UP], cwd=ROOT, env=self.environment, stdout=output, stderr=output
            )
        self.await_text("Ctrl-C stops everything")
        return self.process

    def await_text(self, text: str, *, within_s: float = 60) -> str:
        wait(lambda: text in self.output.read_text(), self.output.read_text, within_s)
        return self.output.read_text()

    def processes(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        clean(self.data_dir, database_port=self.ports["DATABASE"], mqtt_port=self.ports["MQTT"])


def wait(ready: Callable[[], bool], explain: Callable[[], str], within_s: float = 20) -> None:
    until = time.monotonic() + within_s
    while not ready():
        assert time.monotonic() < until, explain()
        time.sleep(0.05)


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    try:
        yield made
    finally:
        made.end()


@pytest.mark.end_to_end
def test_the_life_of_a_house(house: House) -> None:
    process = house.up()
    everything = house.processes()
    assert len(everything) > 5

    # The service got a login of its own, and a second shell finds the servers.
    log = house.data_dir / "log" / "ticker.log"
    wait(lambda: "login //fleet_ingest" in log.read_text(), log.read_text)
    found = settings_with_private_servers(Settings(data_dir=house.data_dir, _env_file=None))
    assert found.database_url is not None
    assert f":{house.ports['DATABASE']}/fleet" in found.database_url
    assert found.mqtt_url is not None
    assert found.broker_directory == house.data_dir / "mosquitto"
    assert (house.data_dir / "run" / "environment").stat().st_mode & 0o777 == 0o600

    # A second one is told so.
    second = subprocess.run(
        [sys.executable, "-m", "fleet.cli", "up"],
        check=False,
        cwd=ROOT,
        env=house.environment,
        capture_output=True,
        text=True,
    )
    assert second.returncode == 1
    assert re.fullmatch(rf"fleet: `fleet up` already runs in .* \(process {process.pid}\).*\n", second.stderr)

    # A service that dies comes back, and so does a server.
    ticker = next(child for child in everything if "tests.fleet.local.ticker" in child.cmdline())
    ticker.kill()
    house.await_text("ticker ended (SIGKILL")
    wait(lambda: log.read_text().count("login") == 2, log.read_text)
    broker = next(child for child in everything if child.name() == "mosquitto")
    broker.kill()
    house.await_text("broker ended unexpectedly")

    everything = house.processes()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert not await_end(everything, within_s=1)
    assert log.read_text().endswith("ended in order\n")
    order = [line for line in house.output.read_text().splitlines() if line.startswith("stopping ")]
    assert order[-3:] == ["stopping ticker", "stopping broker", "stopping database"]
    assert not is_up(house.data_dir)
    assert read_environment(house.data_dir) == {}


@pytest.mark.end_to_end
def test_nothing_outlives_a_house_that_is_killed(house: House) -> None:
    process = house.up()
    everything = house.processes()
    process.kill()
    process.wait()
    assert not await_end(everything, within_s=10)
    assert not is_up(house.data_dir)
    # What was left behind is no obstacle.
    house.up()


@pytest.mark.end_to_end
def test_clean_data_stops_what_runs_and_removes_everything(house: House) -> None:
    process = house.up()
    clean(house.data_dir, database_port=house.ports["DATABASE"], mqtt_port=house.ports["MQTT"])
    assert process.wait(5) == 0
    assert not house.data_dir.exists()


def part(tmp_path: Path, source: str, *, once: bool = False) -> Part:
    (tmp_path / "flaky.py").write_text(source)
    return Part("flaky", ("flaky",), {}, tmp_path / "log" / "flaky.log", once=once, directory=tmp_path)


def test_a_part_that_crashes_is_restarted_later_each_time(tmp_path: Path) -> None:
    said: list[str] = []
    flaky = part(tmp_path, "raise SystemExit('no luck')")
    flaky.start()

    def crashes() -> bool:
        flaky.tend(said.append)
        return len(said) == 3

    wait(crashes, lambda: str(said))
    assert "flaky ended (exit code 1: no luck)" in said[0]
    assert ["in 0.5 s" in said[0], "in 1 s" in said[1], "in 2 s" in said[2]] == [True] * 3
    flaky.stop(lambda: False)


def test_work_that_has_an_end_is_not_repeated(tmp_path: Path) -> None:
    said: list[str] = []
    work = part(tmp_path, "print('done')", once=True)
    work.start()

    def done() -> bool:
        work.tend(said.append)
        return work.done

    wait(done, lambda: str(said))
    assert said == []
    assert work.log.read_text() == "done\n"


def test_a_part_that_does_not_listen_is_killed_when_somebody_is_in_a_hurry(tmp_path: Path) -> None:
    deaf = part(
        tmp_path, "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(1)\ntime.sleep(60)"
    )
    deaf.start()
    wait(lambda: deaf.log.read_text() == "1\n", deaf.log.read_text)
    started = time.monotonic()
    deaf.stop(lambda: True)
    assert time.monotonic() - started < 2
    assert deaf.pid is None


def test_logs_do_not_grow_without_end(tmp_path: Path) -> None:
    log = tmp_path / "ingest.log"
    keep_short(log)
    with log.open("ab") as writer:
        writer.write(b"x" * 21 * 1024 * 1024)
        writer.flush()
        keep_short(log)
        assert log.stat().st_size == 0
        writer.write(b"goes on\n")
    assert log.read_text() == "goes on\n"
    assert (tmp_path / "ingest.log.1").stat().st_size == 21 * 1024 * 1024
