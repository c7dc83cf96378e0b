"""Where the key of the second factors comes from: FLEET_TOTP_KEY, else a file that is made once, for us alone."""

from __future__ import annotations

import logging

from fleet.errors import DependencyMissing
from fleet.identity.totp_keys import TotpKeys
from fleet.local.places import secret
from fleet.settings import Settings

log = logging.getLogger(__name__)


def totp_keys(settings: Settings) -> TotpKeys:
    """Raises InvalidSettings for a key that is too short, DependencyMissing when the file cannot be read or written."""
    if settings.totp_key is not None:
        return TotpKeys(settings.totp_key.get_secret_value(), "FLEET_TOTP_KEY")
    path = settings.data_dir / "secrets" / "totp_key"
    try:
        if not path.exists():
            log.warning("made a key for second factors: %s; every API process needs the same one, and a backup", path)
        return TotpKeys(secret(path), str(path))
    except OSError as error:
        raise DependencyMissing(
            f"cannot use {path} ({error.strerror}): FLEET_TOTP_KEY or FLEET_TOTP_KEY_FILE give the key otherwise"
        ) from error
