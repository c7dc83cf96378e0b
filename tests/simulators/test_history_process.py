"""The past of a fleet against a real broker: the same bytes every time, and nothing lost when it is killed."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from fleet.local.mosquitto import Mosquitto
from fleet.model.readings import Kind
from tests import services
from tests.simulators.stage import Service, ended, service_behind, simulator, wait_until, write_files

pytestmark = [pytest.mark.seam, pytest.mark.timeout(400)]

Stored = dict[str, dict[tuple[Kind, int], dict[int, str]]]


def told(broker: Mosquitto, directory: Path, *arguments: str | Path) -> tuple[Counter[tuple[str, bytes]], Stored]:
    """Every payload of a whole history, and what a service stored of it."""
    with service_behind(broker) as service, simulator(*arguments, "--progress", directory / "p.json") as process:
        output = ended(process, 150)
        assert process.returncode == 0, output
        return Counter(service.payloads), stored(service)


def stored(service: Service) -> Stored:
    return {code: unit.stored for code, unit in service.units.items()}


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_the_same_seed_gives_the_same_bytes_over_the_wire(tmp_path: Path) -> None:
    first: Counter[tuple[str, bytes]] = Counter()
    for number in range(2):
        directory = tmp_path / f"{number}"
        directory.mkdir()
        with services.fresh_broker() as broker:
            credentials, roster = write_files(directory, broker, 50, 0, (530302, 530381))
            day = ("--history", "1d", "--until", "2026-03-04T09:00:00+08:00", "--seed", "5", "--nice", "0")
            payloads, kept = told(broker, directory, "--credentials", credentials, "--roster", roster, *day)
        assert len(kept) == 50
        assert max(payloads.values()) == 1  # nothing was sent twice
        first = first or payloads
        assert payloads == first
        progress = read(directory / "p.json")
        for code, kinds in kept.items():
            assert {run for _, run in kinds} == {20_515}  # days since 1970 of its begin
            for place, kind in enumerate((Kind.POSITION, Kind.USAGE, Kind.EVENT)):
                numbers = kinds.get((kind, 20_515), {})
                assert sorted(numbers) == list(range(1, progress["numbers"][code][place] + 1))
        assert progress["share"] == 1
        assert progress["samples"] == sum(len(numbers) for kinds in kept.values() for numbers in kinds.values())


def test_killed_and_started_again_it_leaves_no_gap_and_nothing_double(broker: Mosquitto, tmp_path: Path) -> None:
    files = ("--credentials", tmp_path / "credentials.json", "--roster", tmp_path / "roster.json")
    arguments = (*files, "--history", "2d", "--until", "2026-03-04T09:00:00+08:00", "--nice", "0")
    with services.fresh_broker() as other:
        write_files(tmp_path, other, 20, 0, (530302, 530381))
        whole = tmp_path / "whole"
        whole.mkdir()
        _, expected = told(other, whole, *arguments)
    write_files(tmp_path, broker, 20, 0, (530302, 530381))
    total = sum(len(numbers) for kinds in expected.values() for numbers in kinds.values())
    progress = tmp_path / "p.json"
    with service_behind(broker) as service:
        with simulator(*arguments, "--progress", progress) as process:
            wait_until(lambda: service.samples > 0.3 * total, 120, "samples arrive")
            process.kill()
        assert read(progress)["share"] < 1
        broker.kill()
        broker.start()
        _, kept = told(broker, tmp_path, *arguments)
        # Whatever was sent again bore the same content, or the service would have complained.
        for code, kinds in kept.items():
            for key, numbers in kinds.items():
                service.units[code].stored.setdefault(key, {}).update(numbers)
        assert stored(service) == expected

    with simulator(*arguments, "--progress", progress) as process:
        assert "is loaded already" in ended(process)
    with simulator(*arguments, "--seed", "2", "--progress", progress) as process:
        assert "holds the progress of another history" in ended(process)
    assert process.returncode == 2


def test_a_service_without_receipts_is_not_told_everything(broker: Mosquitto, tmp_path: Path) -> None:
    credentials, roster = write_files(tmp_path, broker, 60, 0)
    files = ("--credentials", credentials, "--roster", roster, "--progress", tmp_path / "p.json")
    with service_behind(broker) as service:
        service.silent = True
        with simulator(*files, "--history", "30d", "--nice", "0") as process:
            wait_until(lambda: service.samples > 10_000, 120, "samples arrive")
            wait_until(_unchanged(service), 120, "it waits")
            assert service.samples < 100_000
            assert read(tmp_path / "p.json")["samples"] == 0
            service.silent = False
            held = service.samples
            wait_until(lambda: service.samples > held + 10_000, 120, "it goes on")
            process.terminate()
            assert ended(process)
            assert process.returncode == 0


def _unchanged(service: Service) -> Any:
    seen = [-1] * 10

    def check() -> bool:
        seen.append(service.samples)
        return seen[-1] == seen[-10]

    return check


def test_living_faster_gives_the_same_samples_too(tmp_path: Path) -> None:
    found: list[Stored] = []
    for number in range(2):
        directory = tmp_path / f"{number}"
        directory.mkdir()
        with services.fresh_broker() as broker, service_behind(broker) as service:
            credentials, roster = write_files(directory, broker, 15, 3)
            times = ("--from", "2026-03-04T09:00:00+08:00", "--speed", "600", "--for-s", "3600")
            end = ("--drain-s", "30", "--resend-after-s", "6")
            with simulator("--credentials", credentials, "--roster", roster, *times, *end) as process:
                output = ended(process, 150)
            assert process.returncode == 0, output
            assert "; 0 samples were not yet covered" in output
            found.append(stored(service))
    assert len(found[0]) == 18
    assert found[0] == found[1]
    times_ms = [json.loads(body)["time"] for unit in found[0].values() for body in unit[Kind.POSITION, RUN].values()]
    # A unit that starts says what it measured last, and some clocks are minutes off.
    assert all(isinstance(one, str) or -1_200_000 < one - BEGIN_MS < 4_200_000 for one in times_ms)


BEGIN_MS = 1_772_586_000_000
RUN = BEGIN_MS // 1_000 - 1_700_000_000
