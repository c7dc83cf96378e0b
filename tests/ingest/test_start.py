"""What a person sees when ingest cannot start: one clear line and an exit code, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
import time

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


def test_wrong_broker_credentials_are_said_and_tried_again(stage: Stage) -> None:
    process = stage.start_ingest(ready=False, FLEET_MQTT_URL=stage.broker.url("service.ingest", "wrong"))
    until(lambda: "refuses the account 'service.ingest'" in stage.log()(), "the complaint")
    assert process.poll() is None
    assert "Traceback" not in stage.log()()
    assert "wrong" not in stage.log()().replace("wrong_", "")


def test_an_absent_broker_and_database_are_waited_for(stage: Stage) -> None:
    stage.register("u1")
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/x"
    process = stage.start_ingest(ready=False, FLEET_DATABASE_URL=away)
    until(lambda: "cannot connect to the database" in stage.log()(), "the complaint about the database")
    assert process.poll() is None
    began = time.monotonic()
    assert stage.stop_ingest() == 0
    assert time.monotonic() - began < 5, "it holds nothing, so there is nothing to wait for"
    stage.broker.stop()
    process = stage.start_ingest(ready=False)
    until(lambda: "cannot reach the MQTT broker" in stage.log()(), "the complaint about the broker")
    assert "Traceback" not in stage.log()()
    assert PASSWORD not in stage.log()()
    stage.broker.start()
    until(lambda: stage.worker_connected(1, process), "the connection", log=stage.log())
    with stage.publisher() as units:
        units.send("u1", "position", position(1))
        until(lambda: stage.totals()["stored"] == 1, "the first sample", log=stage.log())
