"""One-time passwords by the vectors of RFC 6238, and how failures add up."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from fleet.identity.totp import matching_step, new_recovery_codes, provisioning_uri, recovery_digest
from fleet.model.failures import Failures, one_more

# The secret of RFC 6238, appendix B, for SHA-1; our codes are the last six of its eight digits.
SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_vectors_of_the_standard(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert matching_step(SECRET, code, moment, after=0) == seconds // 30
    assert matching_step(SECRET, code, moment + timedelta(seconds=30), after=0) == seconds // 30, "a slow clock"
    assert matching_step(SECRET, code, moment + timedelta(seconds=90), after=0) is None
    assert matching_step(SECRET, code, moment, after=seconds // 30) is None, "used before"


@pytest.mark.parametrize("code", ["", "28708", "2870822", "28708a", "２８７０８２"])
def test_what_is_no_code(code: str) -> None:
    assert matching_step(SECRET, code, datetime.fromtimestamp(59, UTC), after=0) is None


def test_the_address_for_authenticators() -> None:
    uri = provisioning_uri(SECRET, "admin")
    assert uri.startswith("otpauth://totp/One%20Network:admin?")
    assert f"secret={SECRET}" in uri


def test_recovery_codes_are_read_however_they_are_typed() -> None:
    code = new_recovery_codes()[0]
    assert recovery_digest(code) == recovery_digest(f" {code.upper().replace('-', ' ')} ")
    assert len(set(new_recovery_codes())) == 10


def test_nine_failures_are_free_and_each_later_one_costs_twice_as_much() -> None:
    failures: Failures | None = None
    waits = []
    now = NOW
    for _ in range(20):
        failures = one_more(failures, now)
        waits.append(failures.wait_s(now))
        now += timedelta(seconds=waits[-1])
    assert waits[:9] == [0] * 9
    assert waits[9:14] == [31, 61, 121, 241, 481]
    assert waits[-1] == 3601, "an hour at most"


def test_a_quarter_of_an_hour_without_failures_forgives() -> None:
    failures: Failures | None = None
    for _ in range(9):
        failures = one_more(failures, NOW)
    assert one_more(failures, NOW + timedelta(minutes=14)).count == 10
    assert one_more(failures, NOW + timedelta(minutes=16)).count == 1
