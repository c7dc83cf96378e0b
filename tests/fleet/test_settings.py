"""Settings: where secrets may stand, and that none is shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fleet.errors import InvalidSettings
from fleet.settings import Settings, is_secret, load_settings

URL = "postgresql://fleet:very-secret@127.0.0.1/fleet"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variables and the `.env` of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("FLEET_")]:
        monkeypatch.delenv(name)


SECRETS = [name for name, field in Settings.model_fields.items() if is_secret(field)]


def test_whatever_may_hold_a_secret_is_marked() -> None:
    named = {name for name in Settings.model_fields if name.endswith(("_url", "_password", "_key", "_token"))}
    assert set(SECRETS) == named - {"mqtt_tls_key", "mqtt_tls_client_key", "http_tls_key"}, "those name files"


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_may_stand_in_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = "s3cret-of-at-least-32-characters-so-that-it-is-a-key"
    (tmp_path / "secret").write_text(value + "\n")
    monkeypatch.setenv(f"FLEET_{name.upper()}_FILE", str(tmp_path / "secret"))
    found = getattr(load_settings(), name)
    assert (found.get_secret_value() if hasattr(found, "get_secret_value") else found) == value
    assert value not in repr(load_settings())
    monkeypatch.setenv(f"FLEET_{name.upper()}", "the variable itself, which counts first")
    found = getattr(load_settings(), name)
    assert (found.get_secret_value() if hasattr(found, "get_secret_value") else found).startswith("the variable")


def test_a_file_may_be_named_in_dotenv(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(URL)
    (tmp_path / ".env").write_text(f"FLEET_DATABASE_URL_FILE={tmp_path / 'secret'}\n")
    assert load_settings().database_url == URL


@pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), ("", "is empty"), ("\n", "is empty")])
def test_a_file_that_holds_no_secret_is_named(
    content: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (tmp_path / "secret").write_text(content)
    monkeypatch.setenv("FLEET_MQTT_URL_FILE", str(tmp_path / "secret"))
    with pytest.raises(InvalidSettings, match=f"FLEET_MQTT_URL_FILE.*{said}"):
        load_settings()


def test_what_is_printed_of_settings_holds_no_secret() -> None:
    assert "very-secret" not in repr(Settings(database_url=URL))


def test_what_is_wrong_is_quoted_unless_it_may_be_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_HTTP_PORT", "eighty")
    monkeypatch.setenv("FLEET_TRUSTED_PROXIES", "*")
    with pytest.raises(InvalidSettings) as raised:
        load_settings()
    assert "FLEET_HTTP_PORT" in str(raised.value)
    assert "'eighty'" in str(raised.value)
    assert "FLEET_TRUSTED_PROXIES" in str(raised.value)
