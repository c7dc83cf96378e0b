"""Where webhooks may go, and when a delivery that failed is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import pairwise

import pytest

from api.delivery.guard import Refused, checked, networks_of, url_fault
from api.delivery.patience import FIRST, GIVES_UP, LONGEST, next_attempt

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


def test_pauses_grow_and_end() -> None:
    at, since, pauses = NOW, NOW, []
    for attempts in range(1, 100):
        following = next_attempt(attempts, since, at, 0.999)
        if following is None:
            break
        pauses.append(following - at)
        at = following
    assert pauses[0] <= FIRST
    assert all(later >= earlier for earlier, later in pairwise(pauses))
    assert max(pauses) <= LONGEST
    assert GIVES_UP - 2 * LONGEST < at - since <= GIVES_UP
    assert next_attempt(1, NOW, NOW, 0.0) == NOW + FIRST / 2, "many that failed together do not come together"
    assert next_attempt(1, NOW, NOW, 0.0, asked_for=timedelta(hours=1)) == NOW + timedelta(hours=1)
    assert next_attempt(1, NOW, NOW, 0.0, asked_for=timedelta(days=30)) == NOW + LONGEST


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("64:ff9b::7f00:1", "2002:7f00:1::"),
    ],
)
def test_no_address_of_our_own_is_reached(address: str) -> None:
    with pytest.raises(Refused, match="not a public address"):
        checked([ip_address(address)], (), secure=True)
    with pytest.raises(Refused):
        checked([ip_address("1.1.1.1"), ip_address(address)], (), secure=True)


def test_a_setting_names_what_may_be_reached() -> None:
    allowed = networks_of("10.1.0.0/16, 127.0.0.1")
    assert str(checked([ip_address("10.1.2.3")], allowed, secure=False)) == "10.1.2.3"
    assert str(checked([ip_address("1.1.1.1")], allowed, secure=True)) == "1.1.1.1"
    with pytest.raises(Refused, match="without TLS"):
        checked([ip_address("1.1.1.1")], allowed, secure=False)
    with pytest.raises(Refused):
        checked([ip_address("10.2.0.1")], allowed, secure=True)
    with pytest.raises(Refused, match="no address"):
        checked([], allowed, secure=True)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "ftp://a.example/",
            "https:///x",
            "https://me:secret@a.example/",
            "https://a.example:0/",
            "https://a.example/#x",
        ),
        *(
            "https://a.example:99999/",
            "nonsense",
            "https://a.example/a b",
            "https://甲.example/",
            "https://a.example/\n",
        ),
    ],
)
def test_what_is_no_address_of_a_receiver(url: str) -> None:
    assert url_fault(url) is not None
