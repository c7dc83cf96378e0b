"""The load generator: run for other measurements, and measured itself against a broker behind which nobody listens.

What it reaches there is the most that any figure of ingest can be trusted to: beyond it the generator is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fleet.identity.broker_access import hash_password, new_password, render_access, render_passwords
from fleet.local.mosquitto import Mosquitto
from fleet.model.broker import BrokerAccount, BrokerAccountKind
from simulators.load_feed import Report
from tests.services import ROOT, free_port

DIVISION = 530302
UNITS = 6_000


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    once: int  # samples
    array: int = 1
    rate: float | None = None


CASES = (
    Case("single samples, full speed", once=600_000),
    Case("arrays of 10, full speed", once=1_000_000, array=10),
    Case("arrays of 1,000, full speed", once=3_000_000, array=1_000),
    Case("single samples, 5,000/s", once=50_000, rate=5_000),
    Case("single samples, 20,000/s", once=200_000, rate=20_000),
)


def start(
    directory: Path, port: int, username: str, password: str, *, once: int, array: int, rate: float | None = None
) -> subprocess.Popen[bytes]:
    """`fleet simulate --once` for the units B00000 … of one division; `directory` takes its two files."""
    account = {"username": username, "password": password, "division": DIVISION}
    units = [{"code": f"B{number:05d}", "division": DIVISION} for number in range(UNITS)]
    (directory / "load.json").write_text(json.dumps({"mqtt_url": f"mqtt://127.0.0.1:{port}", "load": [account]}))
    (directory / "roster.json").write_text(json.dumps({"units": units}))
    files = ["--credentials", str(directory / "load.json"), "--roster", str(directory / "roster.json")]
    work = ["--once", str(once), "--array", str(array), *(["--rate", str(rate)] if rate is not None else [])]
    return subprocess.Popen(
        [sys.executable, "-m", "simulators", *files, *work, "--json"], cwd=ROOT, stdout=subprocess.PIPE
    )


def report_of(generator: subprocess.Popen[bytes]) -> Report:
    """What it says of itself, once it has ended."""
    output, _ = generator.communicate(timeout=120)
    return Report(**json.loads(output))


def measure_all() -> list[tuple[Case, Report]]:
    results = []
    print("load generator                 messages/s   samples/s   of a core   us a message   at worst late")
    for case in CASES:
        with tempfile.TemporaryDirectory(prefix="one-network-bench-") as name:
            Path(name).chmod(0o711)
            report = measure(case, Path(name))
        print(
            f"{case.name:29} {report.acknowledged / report.seconds:11,.0f} {report.samples_a_second:11,.0f} "
            f"{report.cpu_share:11.0%} {report.cpu_us_a_message:14.1f} {report.late_s:13.3f} s",
            flush=True,
        )
        results.append((case, report))
    return results


def measure(case: Case, directory: Path) -> Report:
    broker = Mosquitto(directory / "mosquitto", free_port())
    password = new_password()
    account = BrokerAccount(
        username="gateway.load",
        kind=BrokerAccountKind.GATEWAY,
        division=DIVISION,
        password_hash=hash_password(password),
    )
    try:
        broker.write_access(render_passwords([account]), render_access([account]))
        broker.start()
        return report_of(
            start(
                *(directory, broker.port, account.username, password),
                once=case.once,
                array=case.array,
                rate=case.rate,
            )
        )
    finally:
        broker.remove()
