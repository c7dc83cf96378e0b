"""The process against a real broker: reports, receipts, status, faults that heal, an end in order."""

import json
import signal
import time
from pathlib import Path

import pytest

from fleet.local.mosquitto import Mosquitto
from tests.services import free_port
from tests.simulators.stage import ended, read_ledger, service_behind, simulator, wait_until, write_files

pytestmark = pytest.mark.seam

BUSY = ("--from", "2026-11-20T09:40:00+08:00", "--speed", "10")  # a Friday morning, whenever the test runs


def test_units_report_and_forget_what_the_service_has(broker: Mosquitto, tmp_path: Path) -> None:
    credentials, roster = write_files(tmp_path, broker, gateway_units=30, single_units=6, divisions=(530302, 530381))
    ledger = tmp_path / "ledger.json"
    with (
        service_behind(broker) as service,
        simulator(
            *("--credentials", credentials, "--roster", roster, "--vehicles", "36"),
            *("--interval-s", "1", "--ledger", ledger, "--ledger-every-s", "0.5", *BUSY),
        ) as process,
    ):
        wait_until(lambda: len(service.units) == 36, 15, "every unit reports")
        wait_until(lambda: sum(service.online.values()) == 36, 10, "every unit is online")

        def told_and_answered() -> bool:
            """Told again until answered, as the service does: a unit says that it is online before it listens."""
            answered = {code for code, _ in service.answers}
            for number, (code, division) in enumerate([("T00000", 530302), ("T00035", 530381)], start=1):
                if code not in answered:
                    service.command(division, code, {"id": number, "kind": "x", "expires_at": "2099-01-01T00:00:00Z"})
            time.sleep(0.5)
            return len(answered) == 2

        wait_until(told_and_answered, 15, "behind a gateway and alone, units answer commands")
        assert {(code, said["id"], said["result"]) for code, said in service.answers} == {
            ("T00000", 1, "acknowledged"),
            ("T00035", 2, "acknowledged"),
        }
        wait_until(ledger.exists, 5, "a ledger is written")
        wait_until(lambda: read_ledger(ledger)["totals"]["receipts"] > 50, 15, "receipts arrive")
        wait_until(lambda: read_ledger(ledger)["totals"]["produced"] > 100, 15, "samples are measured")
        process.send_signal(signal.SIGTERM)
        output = ended(process)
        assert process.returncode == 0, output
        assert "ended in order" in output
        wait_until(lambda: not any(service.online.values()), 5, "every unit says offline")
        found = read_ledger(ledger)
        for code, entry in found["units"].items():
            for kind, samples in entry["samples"].items():
                assert len(samples) == entry["produced"][kind]
                for sample in samples:
                    stored = service.units[code].stored[kind, entry["run"]][sample["seq"]]
                    assert json.loads(stored) == sample
        assert found["totals"]["produced"] > 100
        assert found["totals"]["held"] < found["totals"]["produced"] / 2
        assert found["totals"]["forgotten"] == 0


def test_after_faults_of_every_kind_nothing_is_missing(broker: Mosquitto, tmp_path: Path) -> None:
    credentials, roster = write_files(tmp_path, broker, gateway_units=25, single_units=5)
    ledger = tmp_path / "ledger.json"
    common = ("--credentials", credentials, "--roster", roster, "--interval-s", "1", "--seed", "3", *BUSY)
    with (
        service_behind(broker) as service,
        simulator(
            *(*common, "--faults", "heavy", "--outage", "0", "--delay", "0", "--reboot", "1", "--skew", "0"),
            *("--ledger", ledger, "--ledger-every-s", "0.5", "--drain-s", "60", "--resend-after-s", "4"),
        ) as process,
    ):
        wait_until(lambda: ledger.exists() and read_ledger(ledger)["totals"]["produced"] > 200, 40, "samples")
        wait_until(lambda: service.garbled > 0, 20, "garbled messages arrive")
        broker.stop()
        time.sleep(1)
        broker.start()
        wait_until(lambda: read_ledger(ledger)["totals"]["samples_resent"] > 20, 30, "samples are sent again")
        process.send_signal(signal.SIGTERM)
        output = ended(process, 80)
        assert process.returncode == 0, output
    found = read_ledger(ledger)
    assert found["totals"]["held"] == 0
    for code, entry in found["units"].items():
        for kind, samples in entry["samples"].items():
            for sample in samples:
                assert json.loads(service.units[code].stored[kind, sample["run"]][sample["seq"]]) == sample
    assert sum(entry["faults"]["drop"] for entry in found["units"].values()) > 0


def test_a_unit_that_is_killed_is_reported_offline_by_the_broker(broker: Mosquitto, tmp_path: Path) -> None:
    credentials, roster = write_files(tmp_path, broker, gateway_units=0, single_units=3)
    with (
        service_behind(broker) as service,
        simulator("--credentials", credentials, "--roster", roster) as process,
    ):
        wait_until(lambda: sum(service.online.values()) == 3, 15, "every unit is online")
        process.kill()
        wait_until(lambda: not any(service.online.values()), 10, "the last will says offline")


def test_a_broker_that_is_away_is_waited_for_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text(
        json.dumps(
            {
                "mqtt_url": f"mqtt://127.0.0.1:{free_port()}",
                "gateways": [{"username": "gateway.a", "password": "p", "division": 530302}],
            }
        )
    )
    (tmp_path / "roster.json").write_text('{"units": [{"code": "T1", "division": 530302}]}')
    files = ("--credentials", tmp_path / "credentials.json", "--roster", tmp_path / "roster.json")
    with simulator(*files, "--for-s", "2.5") as process:
        output = ended(process)
    assert process.returncode == 0
    assert "cannot be reached" in output
    assert "next attempt in" in output
    assert "Traceback" not in output


def test_a_refused_account_is_said_once(broker: Mosquitto, tmp_path: Path) -> None:
    credentials, roster = write_files(tmp_path, broker, gateway_units=1, single_units=0)
    credentials.write_text(credentials.read_text().replace('"secret"', '"wrong"'))
    with simulator("--credentials", credentials, "--roster", roster, "--for-s", "4") as process:
        output = ended(process)
    assert output.count("the broker refuses gateway.g530302") == 1
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--credentials", "missing.json"), "simulators: missing.json cannot be read"),
        (("--interval-s", "0"), "--interval-s must lie between 1 and 60"),
        (("--credentials", "{credentials}", "--drop", "2"), "the chance of drop must lie between 0 and 1"),
        (("--credentials", "{credentials}"), "names no API account"),
        (("--credentials", "{credentials}", "--roster", "{roster}"), "no account in the credentials file speaks"),
    ],
)
def test_errors_are_one_line(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    (tmp_path / "c.json").write_text('{"mqtt_url": "mqtt://127.0.0.1:1884"}')
    (tmp_path / "r.json").write_text('{"units": [{"code": "T1", "division": 530302}]}')
    names = {"{credentials}": str(tmp_path / "c.json"), "{roster}": str(tmp_path / "r.json")}
    with simulator(*(names.get(one, one) for one in arguments)) as process:
        output = ended(process)
    assert process.returncode == 2
    assert sentence in output
    assert "Traceback" not in output
