"""How a command in a second shell finds the servers that `fleet up` started in the same data directory.

`fleet up` holds a lock on `run/lock` as long as it lives, and writes `run/environment` (0600): one `NAME=value` line
for every setting that its child processes get.
"""

from __future__ import annotations

import fcntl
from collections.abc import Mapping
from pathlib import Path

from fleet.local.places import write_private
from fleet.settings import Settings

_DISCOVERED = (
    "database_url",
    "ingest_database_url",
    "monitor_database_url",
    "api_database_url",
    "mqtt_url",
    *("mqtt_tls_ca", "mqtt_tls_client_cert", "mqtt_tls_client_key"),
    *("mqtt_tls_port", "mqtt_tls_cert", "mqtt_tls_key", "mqtt_tls_client_ca"),
    *("broker_dir", "audit_dir", "audit_key"),
)


def lock_file(data_dir: Path) -> Path:
    return data_dir / "run" / "lock"


def environment_file(data_dir: Path) -> Path:
    return data_dir / "run" / "environment"


def write_environment(data_dir: Path, values: Mapping[str, str]) -> None:
    # Only keys may have several lines; they may as well be separated by commas.
    lines = [f"{name}={','.join(value.splitlines())}\n" for name, value in values.items()]
    write_private(environment_file(data_dir), "".join(lines))


def read_environment(data_dir: Path) -> dict[str, str]:
    """What the running `fleet up` has written; empty when none runs here."""
    if not is_up(data_dir):
        return {}
    try:
        lines = environment_file(data_dir).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:  # it is still starting
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def is_up(data_dir: Path) -> bool:
    """Whether a `fleet up` lives in this data directory."""
    try:
        with lock_file(data_dir).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def settings_with_private_servers(settings: Settings) -> Settings:
    """`settings`, with the addresses of the running private servers where neither server was named.

    Unchanged when `FLEET_DATABASE_URL` or `FLEET_MQTT_URL` is set: then the caller means other servers.
    """
    if not settings.private:
        return settings
    found = read_environment(settings.data_dir)
    given = {
        name: value
        for name in _DISCOVERED
        if (value := found.get(f"FLEET_{name.upper()}")) is not None and getattr(settings, name) is None
    }
    read = Settings.model_validate(given)
    return settings.model_copy(update={name: getattr(read, name) for name in given})
