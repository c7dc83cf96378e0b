"""Ingest over TLS with a certificate of its own; and one gateway that speaks for right and wrong units."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from fleet.local.mosquitto import Mosquitto
from tests.certificates import authority, written
from tests.fleet.identity.wire import Wire
from tests.ingest.stage import DIVISION, PASSWORD, Stage, position, until
from tests.services import fresh_broker

pytestmark = [pytest.mark.store, pytest.mark.seam]


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    """Demands client certificates on its TLS port."""
    with fresh_broker(authority().files(demand=True)) as running:
        yield running


def by_tls(stage: Stage, files: Path, *, certificate: bool = True) -> dict[str, str]:
    tls = written(files, authority(), authority().client("service.ingest"))
    return {
        "FLEET_MQTT_URL": f"mqtts://service.ingest:{PASSWORD}@127.0.0.1:{stage.broker.tls_port}",
        "FLEET_MQTT_TLS_CA": str(tls.authority),
        **(
            {"FLEET_MQTT_TLS_CLIENT_CERT": str(tls.certificate), "FLEET_MQTT_TLS_CLIENT_KEY": str(tls.key)}
            if certificate
            else {}
        ),
    }


def test_a_flood_over_tls_is_stored_whole_and_receipts_go_back(stage: Stage, tmp_path: Path) -> None:
    stage.register("u1", "u2")
    stage.start_ingest(environment=by_tls(stage, tmp_path / "files"))
    with stage.publisher(receipts=True) as units:
        # Records of TLS hold many messages, and a message fills many records: both kinds, close together.
        small = [("u1", "position", position(seq)) for seq in range(1, 1_501)]
        large = [("u2", "position", [position(seq + 1_000 * part) for seq in range(1, 1_001)]) for part in range(4)]
        units.send_many([*small, *large])
        until(lambda: stage.totals()["stored"] == 5_500, "all samples", log=stage.log())
        until(lambda: len(units.receipts) == 2, "receipts of both", log=stage.log())
    stage.check_books()
    assert stage.stop_ingest() == 0
    assert "Traceback" not in stage.log()()


@pytest.mark.parametrize("wrong", ["no certificate", "another authority"])
def test_a_broker_that_does_not_fit_ends_the_start_with_one_line(stage: Stage, tmp_path: Path, wrong: str) -> None:
    environment = by_tls(stage, tmp_path / "files", certificate=wrong != "no certificate")
    if wrong == "another authority":
        environment["FLEET_MQTT_TLS_CA"] = str(written(tmp_path / "other", authority("somebody else's")).authority)
    process = stage.start_ingest(ready=False, environment=environment)
    assert process.wait(timeout=40) == 5
    last = stage.log()().splitlines()[-1]
    assert last.startswith("fleet ingest: ")
    assert "MQTT broker" in last
    assert PASSWORD not in stage.log()()


@pytest.mark.parametrize("protocol", [MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311])
def test_a_wrong_unit_behind_a_gateway_never_disturbs_the_others(stage: Stage, protocol: MQTTProtocolVersion) -> None:
    stage.register("u1", "u2")
    stage.register("far", division=530381)
    stage.start_ingest()
    wrong = (
        ("nobody", "position", json.dumps(position(1))),  # not registered
        ("far", "position", json.dumps(position(1))),  # of another division
        ("u1", "position", '{"time": 17'),
        ("no unit!", "position", json.dumps(position(1))),
        ("u2", "usage", "[]"),
        ("u2", "event", json.dumps({"time": 1_700_000_000_000, "event": "ufo"})),
    )
    with Wire(stage.broker.port, f"gateway.{DIVISION}", PASSWORD, protocol=protocol) as gateway:
        for seq in range(1, 41):
            unit, kind, payload = wrong[seq % len(wrong)]
            gateway.publish(f"fleet/v1/{DIVISION}/{unit}/{kind}", payload)
            for right in ("u1", "u2"):
                gateway.publish(f"fleet/v1/{DIVISION}/{right}/position", json.dumps(position(seq)))
        until(lambda: stage.totals()["received"] == 120, "everything", log=stage.log())
        assert not gateway.lost.is_set(), "one connection from the first to the last message"
    assert stage.totals()["stored"] == 80
    by_unit = stage.fetch("select code, count(*) from position_reading join unit on unit.id = unit_id group by 1")
    assert {row["code"]: row["count"] for row in by_unit} == {"u1": 40, "u2": 40}
    stage.check_books()
