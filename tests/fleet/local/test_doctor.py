"""`fleet doctor` says what is wrong and how to mend it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from fleet.local.doctor import Finding, examine
from fleet.local.mosquitto import Mosquitto
from fleet.settings import Settings
from tests.services import free_port


def settings(tmp_path: Path, **values: object) -> Settings:
    ports = {name: free_port() for name in ("database_port", "mqtt_port", "http_port")}
    given = {"data_dir": tmp_path / "var", **ports, **values}
    return Settings.model_validate(given)


def by_subject(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


def test_every_problem_comes_with_a_remedy(tmp_path: Path) -> None:
    closed = free_port()
    findings = examine(
        settings(
            tmp_path,
            database_url=f"postgresql://fleet:word@127.0.0.1:{closed}/fleet",
            mqtt_url=f"mqtt://unit:word@127.0.0.1:{closed}",
        )
    )
    problems = by_subject([finding for finding in findings if not finding.ok])
    assert {"database", "broker"} <= problems.keys()
    assert "FLEET_DATABASE_URL" in problems["database"].remedy
    assert "FLEET_MQTT_URL" in problems["broker"].remedy
    assert all(problem.remedy for problem in problems.values())
    assert "word" not in " ".join(finding.state for finding in findings)


@pytest.mark.store
@pytest.mark.seam
def test_a_healthy_machine_is_found_healthy(tmp_path: Path, database_url: str, broker: Mosquitto) -> None:
    findings = by_subject(examine(settings(tmp_path)))
    for subject in ("Python", "clock", "PostgreSQL", "TimescaleDB", "Mosquitto", "port of the API", "data directory"):
        assert findings[subject].ok, findings[subject]
    named = settings(tmp_path, database_url=database_url, mqtt_url=broker.url("unit", "word"))
    findings = by_subject(examine(named))
    for subject in ("database", "database's clock", "TimescaleDB in the database", "broker"):
        assert findings[subject].ok, findings[subject]
    assert "PostgreSQL" not in findings


def test_a_port_of_somebody_else_is_a_problem(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        found = by_subject(examine(settings(tmp_path, http_port=taken)))["port of the API"]
    assert not found.ok
    assert "FLEET_HTTP_PORT" in found.remedy
