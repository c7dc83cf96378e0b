"""Where the key of the audit log comes from: FLEET_AUDIT_KEY, else a file that is made once, readable by us alone."""

from __future__ import annotations

import logging
from pathlib import Path

from fleet.audit.keys import Keys, read_keys
from fleet.errors import DependencyMissing, InvalidSettings
from fleet.local.places import secret
from fleet.settings import Settings

log = logging.getLogger(__name__)


def key_file(settings: Settings) -> Path:
    return settings.data_dir / "secrets" / "audit_key"


def audit_keys(settings: Settings, *, make: bool) -> Keys:
    """The keys, the one that is used first. With `make` a missing one is made, once.

    Raises InvalidSettings when there is none, DependencyMissing when it cannot be read or written.
    """
    if settings.audit_key is not None:
        return read_keys(settings.audit_key.get_secret_value(), "FLEET_AUDIT_KEY")
    path = key_file(settings)
    try:
        if not path.exists():
            if not make:
                raise InvalidSettings(
                    f"there is no key of the audit log: set FLEET_AUDIT_KEY or FLEET_AUDIT_KEY_FILE ({path} is missing)"
                )
            log.warning("made a key for the audit log: %s; keep a copy of it where this machine is not", path)
        return read_keys(secret(path), str(path))
    except OSError as error:
        raise DependencyMissing(
            f"cannot use {path} ({error.strerror}): FLEET_AUDIT_KEY or FLEET_AUDIT_KEY_FILE give the key otherwise"
        ) from error
