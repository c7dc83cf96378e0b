"""The broker's files as text, and hashes against those of the broker's own program."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fleet.errors import InvalidSettings
from fleet.identity.broker_access import (
    INGEST,
    check_username,
    gateway_username,
    hash_password,
    new_password,
    password_matches,
    render_access,
    render_passwords,
)
from fleet.model.broker import BrokerAccount, BrokerAccountKind

SALT = bytes(range(12))


def account(username: str, kind: BrokerAccountKind, division: int | None = None) -> BrokerAccount:
    return BrokerAccount(username=username, kind=kind, division=division, password_hash=hash_password("p", SALT))


UNIT = account("QJ000001", BrokerAccountKind.UNIT, 530302)
GATEWAY = account("gateway.west", BrokerAccountKind.GATEWAY, 530303)
SERVICE = account(INGEST, BrokerAccountKind.SERVICE)


def test_a_hash_has_the_brokers_form_and_fits_only_its_password() -> None:
    stored = hash_password("secret", SALT)
    assert stored.startswith("$7$101$AAECAwQFBgcICQoL$")
    assert stored == hash_password("secret", SALT)
    assert hash_password("secret") != hash_password("secret")
    assert password_matches("secret", stored)
    assert not password_matches("Secret", stored)


@pytest.mark.parametrize("stored", ["", "$6$x$y", "$7$a$b$c", "$7$101$AAEC", "plain"])
def test_what_is_no_hash_fits_nothing(stored: str) -> None:
    assert not password_matches("secret", stored)


def test_passwords_are_long_and_never_twice_the_same() -> None:
    assert len({new_password() for _ in range(100)}) == 100
    assert all(len(new_password()) == 32 for _ in range(10))


@pytest.mark.seam
def test_hashes_of_mosquitto_passwd_are_understood(tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    file.touch()
    subprocess.run(["mosquitto_passwd", "-b", str(file), "QJ000001", "geheim"], check=True, capture_output=True)
    username, stored = file.read_text().strip().split(":")
    assert username == "QJ000001"
    assert password_matches("geheim", stored)
    assert not password_matches("Geheim", stored)


def test_the_password_file_has_one_line_an_account_in_the_order_of_names() -> None:
    lines = render_passwords([SERVICE, UNIT, GATEWAY]).splitlines()
    assert [line.split(":")[0] for line in lines] == ["QJ000001", "gateway.west", "service.ingest"]
    assert lines == render_passwords([GATEWAY, SERVICE, UNIT]).splitlines()


def test_the_access_file() -> None:
    assert render_access([UNIT, SERVICE, GATEWAY]).split("\n", 2)[2] == (
        "pattern write fleet/v1/+/%u/position\n"
        "pattern write fleet/v1/+/%u/usage\n"
        "pattern write fleet/v1/+/%u/event\n"
        "pattern write fleet/v1/+/%u/status\n"
        "pattern write fleet/v1/+/%u/command/result\n"
        "pattern read fleet/v1/+/%u/receipt\n"
        "pattern read fleet/v1/+/%u/command\n"
        "\n"
        "user gateway.west\n"
        "topic write fleet/v1/530303/+/position\n"
        "topic write fleet/v1/530303/+/usage\n"
        "topic write fleet/v1/530303/+/event\n"
        "topic write fleet/v1/530303/+/status\n"
        "topic write fleet/v1/530303/+/command/result\n"
        "topic read fleet/v1/530303/+/receipt\n"
        "topic read fleet/v1/530303/+/command\n"
        "\n"
        "user service.ingest\n"
        "topic read fleet/v1/+/+/position\n"
        "topic read fleet/v1/+/+/usage\n"
        "topic read fleet/v1/+/+/event\n"
        "topic read fleet/v1/+/+/status\n"
        "topic read fleet/v1/+/+/command/result\n"
        "topic write fleet/v1/+/+/receipt\n"
        "topic write fleet/v1/+/+/command\n"
        "topic read $SYS/#\n"
    )


@pytest.mark.parametrize(
    ("username", "kind"),
    [
        ("QJ000001", BrokerAccountKind.GATEWAY),  # would be that unit
        ("service.ingest", BrokerAccountKind.GATEWAY),
        ("gateway.west", BrokerAccountKind.SERVICE),
        ("gateway.west", BrokerAccountKind.UNIT),
        ("gateway.", BrokerAccountKind.GATEWAY),
        ("gateway.a b", BrokerAccountKind.GATEWAY),
        ("gateway.a\ntopic write #", BrokerAccountKind.GATEWAY),
        ("gateway.west\n", BrokerAccountKind.GATEWAY),
        ("gateway.+", BrokerAccountKind.GATEWAY),
        ("gateway.a/b", BrokerAccountKind.GATEWAY),
        ("gateway.a:b", BrokerAccountKind.GATEWAY),
        ("gateway..a", BrokerAccountKind.GATEWAY),
        ("gateway." + "a" * 57, BrokerAccountKind.GATEWAY),
        ("+", BrokerAccountKind.UNIT),
        ("#", BrokerAccountKind.UNIT),
        ("", BrokerAccountKind.UNIT),
        ("a" * 33, BrokerAccountKind.UNIT),
        ("单元", BrokerAccountKind.UNIT),
    ],
)
def test_a_name_that_would_take_rights_or_break_the_files_is_refused(username: str, kind: BrokerAccountKind) -> None:
    with pytest.raises(InvalidSettings):
        check_username(username, kind)
    with pytest.raises(InvalidSettings):
        render_access([account(username, kind, 530302)])
    with pytest.raises(InvalidSettings):
        render_passwords([account(username, kind, 530302)])


def test_gateways_are_named_with_their_prefix_once() -> None:
    assert gateway_username("west") == gateway_username("gateway.west") == "gateway.west"
    assert gateway_username("load.test") == "gateway.load.test"


def test_a_gateway_without_division_and_an_unknown_service_have_no_rules() -> None:
    with pytest.raises(InvalidSettings, match="no division"):
        render_access([account("gateway.west", BrokerAccountKind.GATEWAY)])
    with pytest.raises(InvalidSettings, match="no rules"):
        render_access([account("service.unheard", BrokerAccountKind.SERVICE)])
