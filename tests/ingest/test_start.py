"""What a person sees when ingest cannot start: one clear line and an exit code, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from tests.ingest.stage import PASSWORD, Stage, position, until
from tests.services import ROOT, free_port

pytestmark = [pytest.mark.store, pytest.mark.seam]


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ingest"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "FLEET_DATABASE_URL is not set"),
        ({"FLEET_DATABASE_URL": "postgresql://x@127.0.0.1/x"}, "FLEET_MQTT_URL is not set"),
        ({"FLEET_DATABASE_URL": "postgresql://x@127.0.0.1/x", "FLEET_MQTT_URL": "http://x"}, "must look like mqtt://"),
        ({"FLEET_HTTP_PORT": "eighty"}, "FLEET_HTTP_PORT"),
        ({"FLEET_DATABASE_URL": "nonsense", "FLEET_MQTT_URL": "mqtt://127.0.0.1"}, "FLEET_DATABASE_URL must look like"),
    ],
)
def test_wrong_settings_end_it_with_one_line(environment: dict[str, str], words: str) -> None:
    ended = start(**environment)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("environment", "words", "code"),
    [
        ({"FLEET_DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/x"}, "cannot connect to the database", 4),
        ({"FLEET_MQTT_URL": f"mqtt://127.0.0.1:{free_port()}"}, "cannot reach the MQTT broker", 5),
        ({"FLEET_MQTT_URL": "WRONG"}, "refuses the account 'service.ingest'", 5),
    ],
    ids=["no database", "no broker", "wrong password"],
)
def test_what_is_not_there_at_the_start_ends_it(
    stage: Stage, environment: dict[str, str], words: str, code: int
) -> None:
    wrong = {"WRONG": stage.broker.url("service.ingest", "not-the-password")}
    process = stage.start_ingest(
        ready=False, environment={name: wrong.get(url, url) for name, url in environment.items()}
    )
    assert process.wait(timeout=40) == code
    said = stage.log()()
    assert words in said.splitlines()[-1]
    assert said.splitlines()[-1].startswith("fleet ingest: ")
    assert "Traceback" not in said
    assert "not-the-password" not in said
    assert PASSWORD not in said


def test_a_broker_that_goes_away_later_is_waited_for(stage: Stage) -> None:
    stage.register("u1")
    process = stage.start_ingest()
    stage.broker.stop()
    until(lambda: "cannot reach the MQTT broker" in stage.log()(), "the complaint about the broker")
    time.sleep(9)  # longer than a start would try
    assert process.poll() is None
    stage.broker.start()
    started = datetime.now(UTC)
    until(lambda: stage.worker_connected(1, process, started), "the connection", log=stage.log())
    with stage.publisher() as units:
        units.send("u1", "position", position(1))
        until(lambda: stage.totals()["stored"] == 1, "the first sample", log=stage.log())
    assert "Traceback" not in stage.log()()
