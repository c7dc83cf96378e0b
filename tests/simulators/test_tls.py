"""Simulated units over TLS, with a client certificate, against a broker that demands one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.certificates import authority, written
from tests.services import fresh_broker
from tests.simulators.stage import service_behind, simulator, wait_until, write_files


@pytest.mark.seam
def test_units_report_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fresh_broker(authority().files(demand=True)) as broker:
        credentials, roster = write_files(tmp_path, broker, gateway_units=10, single_units=3)
        content = json.loads(credentials.read_text()) | {"mqtt_url": f"mqtts://127.0.0.1:{broker.tls_port}"}
        credentials.write_text(json.dumps(content))
        tls = written(tmp_path / "files", authority(), authority().client("simulator"))
        monkeypatch.setenv("FLEET_MQTT_TLS_CA", str(tls.authority))
        monkeypatch.setenv("FLEET_MQTT_TLS_CLIENT_CERT", str(tls.certificate))
        monkeypatch.setenv("FLEET_MQTT_TLS_CLIENT_KEY", str(tls.key))
        arguments = ("--credentials", credentials, "--roster", roster, "--vehicles", "13", "--interval-s", "1")
        with service_behind(broker) as service, simulator(*arguments):
            wait_until(lambda: len(service.units) == 13, 20, "every unit reports")
            wait_until(lambda: sum(service.online.values()) == 13, 10, "every unit is online")
