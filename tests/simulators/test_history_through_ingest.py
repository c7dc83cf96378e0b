"""The past of a fleet through the real ingest: in the books, in days of its own, beside the living units' numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.local.mosquitto import Mosquitto
from tests.ingest.stage import DIVISION, PASSWORD, Stage, position
from tests.simulators.stage import ended, simulator, wait_until

pytestmark = [pytest.mark.store, pytest.mark.seam, pytest.mark.timeout(400)]

UNITS = [f"P{number}" for number in range(12)]
RUN = 20_510  # days since 1970 of the first day
MISSING = """
select coalesce(sum(upper(piece) - lower(piece)), 0) from receipt r,
lateral unnest('{[1,1000000)}'::int8multirange * int8multirange(int8range(1, upper(committed))) - committed) as piece
"""


@pytest.fixture
def stage(database_url: str, broker: Mosquitto, tmp_path: Path) -> Iterator[Stage]:
    on_stage = Stage(database_url, broker, tmp_path)
    try:
        yield on_stage
    finally:
        on_stage.close()


def test_it_is_stored_once_and_the_living_units_numbers_stay(stage: Stage, broker: Mosquitto, tmp_path: Path) -> None:
    stage.register(*UNITS)
    stage.start_ingest()
    with stage.publisher() as living:
        living.send("P3", "position", [position(seq) | {"run": 95_000_000} for seq in (1, 2, 4)])
    account = {"username": f"gateway.{DIVISION}", "password": PASSWORD, "division": DIVISION}
    files = (tmp_path / "credentials.json", tmp_path / "roster.json", tmp_path / "progress.json")
    files[0].write_text(json.dumps({"mqtt_url": f"mqtt://127.0.0.1:{broker.port}", "history": [account]}))
    files[1].write_text(json.dumps({"units": [{"code": code, "division": DIVISION} for code in UNITS]}))
    command = ("--credentials", files[0], "--roster", files[1], "--progress", files[2], "--nice", "0")
    command = (*command, "--history", "4d", "--until", "2026-03-02T12:00:00+08:00")  # type: ignore[assignment]

    with simulator(*command) as process:
        wait_until(lambda: stage.totals()["stored"] > 2_000, 150, "samples are stored")
        process.kill()
    stage.kill_ingest()
    stage.start_ingest()
    with simulator(*command) as process:
        output = ended(process, 200)
    assert process.returncode == 0, output

    samples = json.loads(files[2].read_text())["samples"]
    totals = stage.totals()
    assert totals["quarantined"] == 0
    assert totals["stored"] == samples + 3
    assert totals["received"] == totals["stored"] + totals["duplicate"]
    stage.check_books()

    stored = sum(stage.value(f"select count(*) from {kind}_reading where run = $1", RUN) for kind in KINDS)
    assert stored == samples
    days = stage.fetch(
        "select (observed_at at time zone 'Asia/Shanghai' - interval '4 h')::date as day,"
        " count(distinct unit_id) as units"
        " from position_reading where run = $1 group by day order by day",
        RUN,
    )
    assert [(f"{row['day']}", row["units"]) for row in days] == [
        (f"2026-{day}", len(UNITS)) for day in ("02-26", "02-27", "02-28", "03-01", "03-02")
    ]
    # Nothing is missing but the one number that the living unit has not sent, which is in its own run.
    assert stage.value(MISSING) == 1
    assert stage.value(MISSING + " where run = $1", RUN) == 0
    latest = stage.fetch("select position_at from latest_state join unit on unit.id = unit_id where code = 'P3'")
    assert latest[0]["position_at"].year == 2026
    assert latest[0]["position_at"] > stage.value("select max(observed_at) from position_reading where run = $1", RUN)


KINDS = ("position", "usage", "event")
