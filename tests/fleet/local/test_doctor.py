"""`fleet doctor` says what is wrong and how to mend it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from fleet.identity.broker_access import hash_password, render_access, render_passwords
from fleet.identity.tls import SYSTEM_TLS
from fleet.local.broker_probe import knock
from fleet.local.doctor import Finding, examine
from fleet.local.mosquitto import Mosquitto
from fleet.model.broker import BrokerAccount, BrokerAccountKind
from fleet.settings import Settings
from tests.certificates import authority, written
from tests.fleet.identity.wire import eventually
from tests.services import execute, free_port, fresh_broker


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
    unit = BrokerAccount(username="unit", kind=BrokerAccountKind.UNIT, password_hash=hash_password("word"))
    broker.write_access(render_passwords([unit]), render_access([unit]))
    named = settings(tmp_path, database_url=database_url, mqtt_url=broker.url("unit", "word"))
    assert eventually(lambda: not knock(broker.url("unit", "word"), SYSTEM_TLS).problem)
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


@pytest.mark.seam
def test_what_is_wrong_with_the_way_to_a_broker_is_told_apart(tmp_path: Path) -> None:
    unit = BrokerAccount(username="unit", kind=BrokerAccountKind.UNIT, password_hash=hash_password("word"))
    ours = written(tmp_path / "ours", authority(), authority().client("unit"))
    others = written(tmp_path / "others", authority("somebody else's"))
    with fresh_broker(authority().files(demand=True)) as broker:
        broker.write_access(render_passwords([unit]), render_access([unit]))
        assert eventually(lambda: not knock(broker.url("unit", "word"), SYSTEM_TLS).problem)

        url = f"mqtts://unit:word@127.0.0.1:{broker.tls_port}"

        def look(files: dict[str, Path | None], url: str = url) -> dict[str, Finding]:
            given = settings(tmp_path, database_url="postgresql://x@127.0.0.1:1/x", mqtt_url=url, **files)
            return by_subject(examine(given))

        shown = {
            "mqtt_tls_ca": ours.authority,
            "mqtt_tls_client_cert": ours.certificate,
            "mqtt_tls_client_key": ours.key,
        }
        good = look(shown)
        assert good["broker"].ok, good["broker"]
        assert good["broker's certificate"].ok
        assert "in 19 days" in good["broker's certificate"].state
        soon = good["our certificate for the broker"]
        assert not soon.ok, "five days are not enough to notice"
        assert "FLEET_MQTT_TLS_CLIENT_CERT" in soon.remedy

        problems = {
            "may not connect": look(shown, url.replace("word", "other")),
            "FLEET_MQTT_TLS_CA": look({**shown, "mqtt_tls_ca": others.authority}),
            "client certificate": look({"mqtt_tls_ca": ours.authority}),
            "demands TLS": look({}, url.replace("mqtts", "mqtt")),
        }
    for words, findings in problems.items():
        found = findings["broker"]
        assert not found.ok, words
        assert words in f"{found.state} {found.remedy}", found
        assert "unit:word" not in found.state


@pytest.mark.store
@pytest.mark.parametrize(("silent_s", "ok"), [(1, True), (300, False)])
def test_a_monitor_that_is_gone_is_missed(tmp_path: Path, database_url: str, silent_s: int, ok: bool) -> None:
    execute(
        database_url,
        "insert into monitor_status (id, started_at, seen_at, behind_batches, behind_ms, vehicles, late_spans,"
        " recompute_waiting, readings_folded, readings_late, refolds, refolds_refused, readings_unbound)"
        f" values (1, now(), now() - interval '{silent_s} s', 3, 10, 1, 0, 0, 0, 0, 0, 0, 0)",
    )
    named = settings(tmp_path, database_url=database_url, mqtt_url=f"mqtt://unit:word@127.0.0.1:{free_port()}")
    finding = by_subject(examine(named))["monitor"]
    assert finding.ok is ok
    assert ok or "fleet monitor" in finding.remedy


@pytest.mark.store
@pytest.mark.parametrize(("silent_s", "waits_s", "ok"), [(5, 5, True), (90, 5, False), (5, 3_600, False)])
def test_a_judge_that_is_gone_or_late_is_missed(
    tmp_path: Path, database_url: str, silent_s: int, waits_s: int, ok: bool
) -> None:
    execute(
        database_url,
        f"insert into judge_status values (1, now(), now() - interval '{silent_s} s', now() - interval '1 min', 40, 7)",
        "insert into recompute (vehicle_id, period, reason, at, stage) values"
        f" (1, tstzrange(now(), now() + interval '1 s'), 'x', now() - interval '{waits_s} s',"
        " 'trips')",
        "insert into recompute (vehicle_id, period, reason, at, stage, due) values"
        " (1, tstzrange(now(), now() + interval '1 s'), 'clock', now(), 'trips', now() + interval '1 day')",
    )
    named = settings(tmp_path, database_url=database_url, mqtt_url=f"mqtt://unit:word@127.0.0.1:{free_port()}")
    finding = by_subject(examine(named))["judge"]
    assert finding.ok is ok
    assert "1 marks wait" in finding.state, "what is not due does not wait"
    assert ok or finding.remedy
