"""Secrets of second factors, encrypted: what opens them, and what does not."""

from __future__ import annotations

import pytest

from fleet.errors import InvalidSettings
from fleet.identity.totp import new_secret
from fleet.identity.totp_keys import TotpKeys

OLD, NEW = "o" * 32, "n" * 40


def test_what_is_encrypted_is_opened_again_and_shows_nothing() -> None:
    keys, secret = TotpKeys(NEW, "test"), new_secret()
    stored = keys.encrypt(secret, 7)
    assert stored != keys.encrypt(secret, 7), "never the same twice"
    assert secret not in stored
    assert keys.decrypt(stored, 7) == secret
    assert keys.is_current(stored)
    assert NEW not in repr(keys)


def test_a_changed_key_opens_what_the_older_one_wrote() -> None:
    secret = new_secret()
    stored = TotpKeys(OLD, "test").encrypt(secret, 7)
    both = TotpKeys(f"{NEW},{OLD}", "test")
    assert both.decrypt(stored, 7) == secret
    assert not both.is_current(stored)
    with pytest.raises(InvalidSettings, match="account 7 was encrypted with the key"):
        TotpKeys(NEW, "test").decrypt(stored, 7)


def test_moved_to_another_account_or_changed_it_opens_nothing() -> None:
    keys = TotpKeys(NEW, "test")
    stored = keys.encrypt(new_secret(), 7)
    changed = stored[:-3] + ("AAA" if not stored.endswith("AAA") else "BBB")
    for account_id, text in ((8, stored), (7, changed)):
        with pytest.raises(InvalidSettings, match="changed in the database, or belongs to another"):
            keys.decrypt(text, account_id)


def test_what_was_stored_before_there_was_a_key_is_still_read() -> None:
    keys, secret = TotpKeys(NEW, "test"), new_secret()
    assert keys.decrypt(secret, 7) == secret
    assert not keys.is_current(secret)


@pytest.mark.parametrize("text", ["", " ,\n", "short", f"{NEW},short"])
def test_a_key_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidSettings, match="32 random characters"):
        TotpKeys(text, "test")
