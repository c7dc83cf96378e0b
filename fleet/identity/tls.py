"""What a client needs to reach a server by TLS: whom it trusts, and what it shows of itself."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from fleet.errors import InvalidSettings


@dataclass(frozen=True, slots=True)
class ClientTls:
    """`authority` None = the system's; `certificate` with `key`, both PEM, for servers that ask for one."""

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """TLS 1.2 or later, the server's name checked. Raises InvalidSettings, naming the file that does not fit."""
        if (self.certificate is None) != (self.key is None):
            raise InvalidSettings("a client certificate needs its key, and a key its certificate: name both files")
        try:
            context = ssl.create_default_context(cafile=None if self.authority is None else str(self.authority))
        except (OSError, ssl.SSLError) as error:
            raise InvalidSettings(f"{self.authority} is no certificate of an authority: {_reason(error)}") from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate is not None:
            try:
                context.load_cert_chain(self.certificate, self.key)
            except (OSError, ssl.SSLError) as error:
                raise InvalidSettings(
                    f"{self.certificate} and {self.key} are no certificate with its key: {_reason(error)}"
                ) from None
        return context


SYSTEM_TLS = ClientTls()
"""Whom the system trusts, nothing of oneself."""


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
