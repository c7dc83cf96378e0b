"""The broker's TLS listener, on a real Mosquitto with the production file: who comes in, and as whom."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet.errors import InvalidSettings
from fleet.identity.broker_access import INGEST, hash_password, render_access, render_passwords
from fleet.identity.certificates import Pair, ends_at, issue, new_authority
from fleet.identity.tls import ClientTls
from fleet.local.broker_files import put_file, tell_broker, write_files
from fleet.local.listeners import Listeners, TlsFiles, write_certificates
from fleet.local.mosquitto import Mosquitto
from fleet.model.broker import BrokerAccount, BrokerAccountKind
from tests.certificates import authority, shown_by, written
from tests.fleet.identity.wire import NOT_AUTHORISED, Wire, eventually
from tests.services import fresh_broker

PASSWORDS = {"QJ000001": "word-1", "QJ000002": "word-2", "gateway.west": "word-3", INGEST: "word-4"}
Contexts = Callable[..., ssl.SSLContext]


def account(username: str) -> BrokerAccount:
    kind = BrokerAccountKind(username.partition(".")[0]) if "." in username else BrokerAccountKind.UNIT
    hashed = hash_password(PASSWORDS[username])
    return BrokerAccount(username=username, kind=kind, division=530303, password_hash=hashed)


def apply(broker: Mosquitto, *usernames: str) -> None:
    accounts = [account(name) for name in usernames]
    write_files(broker.directory, render_passwords(accounts), render_access(accounts))
    assert tell_broker(broker.directory)


def running(demand: bool) -> Iterator[Mosquitto]:
    with fresh_broker(authority().files(demand=demand)) as broker:
        apply(broker, *PASSWORDS)
        assert eventually(lambda: accepted(broker.port, INGEST))
        yield broker


@pytest.fixture
def trusting() -> Iterator[Mosquitto]:
    """Shows its certificate and demands none."""
    yield from running(demand=False)


@pytest.fixture
def demanding() -> Iterator[Mosquitto]:
    """Demands a certificate of our authority."""
    yield from running(demand=True)


@pytest.fixture
def context(tmp_path: Path) -> Contexts:
    def made(shown: Pair | None = None, trusted: str = "ours") -> ssl.SSLContext:
        return written(tmp_path / "files", authority(trusted), shown).context()

    return made


def accepted(port: int | None, username: str, tls: ssl.SSLContext | None = None, password: str | None = None) -> bool:
    assert port is not None
    with Wire(port, username, password or PASSWORDS[username], tls=tls) as wire:
        return bool(wire.accepted)


@pytest.mark.seam
def test_over_tls_the_right_come_in_and_the_wrong_do_not(trusting: Mosquitto, context: Contexts) -> None:
    port = trusting.tls_port
    assert accepted(port, "QJ000001", context())
    assert not accepted(port, "QJ000001", context(), password="word-2")
    assert not accepted(port, "QJ000001"), "plain text on the TLS port"
    with socket.create_connection(("127.0.0.1", port or 0)) as wire, pytest.raises(ssl.SSLCertVerificationError):
        context(trusted="somebody else's").wrap_socket(wire, server_hostname="127.0.0.1")  # a broker that is not ours
    assert accepted(trusting.port, "QJ000001"), "the plain listener is there for services beside it"


@pytest.mark.seam
def test_where_certificates_are_demanded_a_password_alone_opens_nothing(
    demanding: Mosquitto, context: Contexts
) -> None:
    port = demanding.tls_port
    ours = authority().client("QJ000001")
    assert accepted(port, "QJ000001", context(ours))
    assert not accepted(port, "QJ000001", context(ours), password="word-2"), "nor does a certificate alone"
    assert not accepted(port, "QJ000001", context())
    stranger = authority("somebody else's").client("QJ000001")
    assert not accepted(port, "QJ000001", context(stranger))
    ended = issue(authority().pair, "QJ000001", hosts=(), now=datetime(2024, 1, 1, tzinfo=UTC), days=9)
    assert not accepted(port, "QJ000001", context(ended))


@pytest.mark.seam
def test_rights_are_those_of_the_password_whatever_the_certificate_says(
    demanding: Mosquitto, context: Contexts
) -> None:
    port = demanding.tls_port
    assert port is not None
    other = context(authority().client("QJ000002"))
    with (
        Wire(demanding.port, INGEST, PASSWORDS[INGEST]) as ingest,
        Wire(port, "QJ000001", PASSWORDS["QJ000001"], tls=other) as unit,
        Wire(port, "gateway.west", PASSWORDS["gateway.west"], tls=other) as gateway,
    ):
        assert ingest.subscribe("fleet/v1/+/+/position") == 1
        assert unit.publish("fleet/v1/530303/QJ000001/position") < 0x80
        assert unit.publish("fleet/v1/530303/QJ000002/position") == NOT_AUTHORISED, "another unit"
        assert unit.publish("fleet/v1/530303/QJ000001/receipt") == NOT_AUTHORISED, "downlink"
        assert unit.publish("fleet/v1/530303/QJ000001/command") == NOT_AUTHORISED
        assert gateway.publish("fleet/v1/530303/QJ000002/position") < 0x80
        assert gateway.publish("fleet/v1/530302/QJ000002/position") == NOT_AUTHORISED, "another division"
        unit.subscribe("fleet/v1/#")
        ingest.publish("fleet/v1/530303/QJ000002/receipt")
        ingest.publish("fleet/v1/530303/QJ000001/receipt")
        assert unit.received() == ["fleet/v1/530303/QJ000001/receipt"], "others are not read"
        assert sorted(ingest.received()) == ["fleet/v1/530303/QJ000001/position", "fleet/v1/530303/QJ000002/position"]
        assert not unit.lost.is_set()
        assert not gateway.lost.is_set()


@pytest.mark.seam
def test_revocation_over_tls_cuts_the_revoked_and_nobody_else(demanding: Mosquitto, context: Contexts) -> None:
    port = demanding.tls_port
    assert port is not None
    shown = context(authority().client("QJ000001"))
    with (
        Wire(port, "QJ000001", PASSWORDS["QJ000001"], tls=shown) as revoked,
        Wire(port, "QJ000002", PASSWORDS["QJ000002"], tls=shown) as kept,
        Wire(port, "gateway.west", PASSWORDS["gateway.west"], tls=shown) as gateway,
        Wire(demanding.port, INGEST, PASSWORDS[INGEST]) as ingest,
    ):
        apply(demanding, "QJ000002", "gateway.west", INGEST)
        assert revoked.lost.wait(5)
        for wire, topic in ((kept, "530303/QJ000002"), (gateway, "530303/QJ000009")):
            assert wire.publish(f"fleet/v1/{topic}/position") < 0x80
        assert ingest.publish("fleet/v1/530303/QJ000002/receipt") < 0x80
        assert not any(wire.lost.is_set() for wire in (kept, gateway, ingest))
    assert not accepted(port, "QJ000001", shown)


@pytest.mark.seam
def test_a_renewed_certificate_is_shown_to_the_next_and_cuts_nobody(trusting: Mosquitto, context: Contexts) -> None:
    port = trusting.tls_port
    assert port is not None
    assert ends_at(shown_by(port)) == ends_at(authority().server.certificate)
    renewed = issue(authority().pair, "127.0.0.1", hosts=["127.0.0.1"], now=datetime.now(UTC), days=25)
    with Wire(port, "QJ000001", PASSWORDS["QJ000001"], tls=context()) as unit:
        write_certificates(TlsFiles(renewed.certificate, renewed.key), trusting.directory, put_file)
        assert tell_broker(trusting.directory)
        assert eventually(lambda: ends_at(shown_by(port)) == ends_at(renewed.certificate))
        assert unit.publish("fleet/v1/530303/QJ000001/position") < 0x80
        assert not unit.lost.is_set()
    assert accepted(port, "QJ000001", context())


def test_the_rendered_listeners() -> None:
    assert Listeners(1883).render().splitlines()[-1] == "listener 1883 127.0.0.1"
    files = TlsFiles(b"", b"")
    lines = Listeners(None, tls_port=8883, tls_address="0.0.0.0", tls=files).render().splitlines()
    assert "listener 8883 0.0.0.0" in lines
    assert "tls_version tlsv1.2" in lines
    assert not any(line.startswith(("listener 1883", "cafile", "require_certificate")) for line in lines)
    demanding = Listeners(None, tls_port=8883, tls=TlsFiles(b"", b"", b"")).render()
    assert "require_certificate true" in demanding
    assert "identity" not in demanding
    with pytest.raises(InvalidSettings, match="listen nowhere"):
        Listeners(None).render()


def test_what_a_client_cannot_use_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match=r"missing\.crt"):
        ClientTls(tmp_path / "missing.crt").context()
    good = written(tmp_path, authority(), authority().client("x"))
    with pytest.raises(InvalidSettings, match="name both"):
        ClientTls(good.authority, good.certificate).context()
    (tmp_path / "client.key").write_bytes(authority().client("y").key)
    with pytest.raises(InvalidSettings, match=r"client\.key"):
        good.context()


def test_an_authority_signs_only_what_ends_before_it() -> None:
    now = datetime.now(UTC)
    small = new_authority("small", now=now, days=10)
    with pytest.raises(InvalidSettings, match="fewer days"):
        issue(small, "x", hosts=["x"], now=now, days=11)
    with pytest.raises(InvalidSettings, match="no authority"):
        issue(Pair(b"x", b"y"), "x", hosts=["x"], now=now, days=1)
    with pytest.raises(InvalidSettings, match="no host name"):
        issue(small, "x", hosts=["曲靖"], now=now, days=1)
