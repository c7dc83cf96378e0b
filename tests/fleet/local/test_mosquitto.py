"""The private Mosquitto runs with the production file, and accounts change while it runs."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from pathlib import Path

import paho.mqtt.client as paho
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from fleet.errors import DependencyMissing
from fleet.local.mosquitto import PRODUCTION, Mosquitto
from tests.services import fresh_directory

pytestmark = pytest.mark.seam

ACL = "user service\ntopic readwrite #\n\npattern write fleet/v1/+/%u/position\npattern read fleet/v1/+/%u/receipt\n"


@pytest.fixture(scope="module")
def passwords() -> str:
    """Accounts `service` and `unit1`, password `secret`, made by Mosquitto's own tool."""
    path = fresh_directory("passwords")
    path.touch(mode=0o600)
    for name in ("service", "unit1"):
        subprocess.run(["mosquitto_passwd", "-b", str(path), name, "secret"], check=True, capture_output=True)
    text = path.read_text()
    path.unlink()
    return text


def connect(broker: Mosquitto, user: str | None, password: str = "secret", *, session: str = "") -> paho.Client | None:
    """A connected client with a network thread, or None when the broker refuses."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=session, clean_session=not session)
    if user is not None:
        client.username_pw_set(user, password)
    answered = threading.Event()
    accepted = []

    def on_connect(_c: object, _u: object, _f: object, reason: ReasonCode, _p: object) -> None:
        accepted.append(not reason.is_failure)
        answered.set()

    client.on_connect = on_connect
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    assert answered.wait(5)
    if accepted[0]:
        return client
    client.loop_stop()
    return None


def leave(client: paho.Client | None) -> None:
    assert client is not None
    client.disconnect()
    client.loop_stop()


def publish(client: paho.Client | None, topic: str, payload: str, *, retain: bool = False) -> None:
    assert client is not None
    client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(5)


def test_the_running_file_is_the_production_file(mosquitto: Mosquitto) -> None:
    mosquitto.start()
    assert (mosquitto.directory / "mosquitto.conf").read_bytes() == PRODUCTION.read_bytes()
    log = mosquitto.log.read_text()
    assert "Error" not in log
    assert "Note: It is recommended" not in log


def test_nobody_enters_without_an_account(mosquitto: Mosquitto, passwords: str) -> None:
    mosquitto.start()
    assert connect(mosquitto, None) is None
    assert connect(mosquitto, "unit1") is None
    mosquitto.write_access(passwords, ACL)
    time.sleep(0.2)
    assert connect(mosquitto, None) is None
    assert connect(mosquitto, "unit1", "wrong") is None
    leave(connect(mosquitto, "unit1"))


def test_new_access_reaches_a_broker_that_another_process_started(mosquitto: Mosquitto, passwords: str) -> None:
    mosquitto.start()
    Mosquitto(mosquitto.directory, mosquitto.port).write_access(passwords, ACL)
    time.sleep(0.2)
    leave(connect(mosquitto, "unit1"))
    for name in ("passwords", "access"):
        assert (mosquitto.directory / name).stat().st_mode & 0o777 == 0o600


def test_queues_and_retained_messages_survive_an_orderly_restart(mosquitto: Mosquitto, passwords: str) -> None:
    mosquitto.write_access(passwords, ACL)
    mosquitto.start()
    subscriber = connect(mosquitto, "service", session="subscriber")
    assert subscriber is not None
    subscribed = threading.Event()
    subscriber.on_subscribe = lambda *_: subscribed.set()
    subscriber.subscribe("fleet/v1/+/+/position", qos=1)
    assert subscribed.wait(5)
    leave(subscriber)
    unit = connect(mosquitto, "unit1")
    publish(unit, "fleet/v1/530300/unit1/position", "queued")
    leave(unit)
    service = connect(mosquitto, "service")
    publish(service, "fleet/v1/530300/unit1/receipt", "retained", retain=True)
    leave(service)
    mosquitto.stop()
    mosquitto.start()

    received: list[bytes] = []
    arrived = threading.Event()

    def on_message(_c: object, _u: object, message: paho.MQTTMessage) -> None:
        received.append(bytes(message.payload))
        if len(received) == 2:
            arrived.set()

    again = paho.Client(CallbackAPIVersion.VERSION2, client_id="subscriber", clean_session=False)
    again.username_pw_set("service", "secret")
    again.on_message = on_message
    again.connect("127.0.0.1", mosquitto.port)
    again.loop_start()
    again.subscribe("fleet/v1/+/+/receipt", qos=1)
    assert arrived.wait(5), received
    assert sorted(received) == [b"queued", b"retained"]
    leave(again)


def test_starts_again_after_it_was_killed(mosquitto: Mosquitto) -> None:
    mosquitto.start()
    mosquitto.kill()
    assert not mosquitto.running
    mosquitto.start()
    assert mosquitto.running


def test_a_broker_that_an_earlier_owner_left_running_is_replaced(mosquitto: Mosquitto) -> None:
    mosquitto.start()
    assert mosquitto.pid is not None
    left = psutil.Process(mosquitto.pid)
    successor = Mosquitto(mosquitto.directory, mosquitto.port)
    successor.start()
    try:
        assert successor.pid != left.pid
        assert not mosquitto.running
    finally:
        successor.stop()


def test_it_may_hold_a_connection_for_every_unit(mosquitto: Mosquitto) -> None:
    mosquitto.start()
    limits = Path(f"/proc/{mosquitto.pid}/limits").read_text().splitlines()
    soft, hard = next(line.split()[3:5] for line in limits if line.startswith("Max open files"))
    assert soft in {hard, "65536"}


def test_a_port_in_use_is_named_with_the_setting_to_change(mosquitto: Mosquitto) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", mosquitto.port))
        other.listen()
        with pytest.raises(DependencyMissing, match=rf"port {mosquitto.port} .* set FLEET_MQTT_PORT"):
            mosquitto.start()


def test_a_broken_configuration_is_quoted(mosquitto: Mosquitto, tmp_path: Path) -> None:
    broken = tmp_path / "mosquitto.conf"
    broken.write_text("include_dir conf.d\nnonsense 1\n")
    with pytest.raises(DependencyMissing, match="nonsense"):
        Mosquitto(mosquitto.directory, mosquitto.port, broken).start()
