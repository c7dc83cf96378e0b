"""The broker's access files in a directory, from the accounts in the database; and the signal that makes it read them.

The directory is that of any Mosquitto started with the production configuration: it holds `passwords`, `access` and,
while the broker runs, `mosquitto.pid`.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.errors import DependencyMissing, InvalidSettings
from fleet.identity.broker_access import INGEST, hash_password, password_matches, render_access, render_passwords
from fleet.model.broker import BrokerAccount, BrokerAccountKind
from fleet.settings import Settings
from fleet.store import broker_accounts

PASSWORDS, ACCESS, PID = "passwords", "access", "mosquitto.pid"


async def ensure_service(connection: AsyncConnection, mqtt_url: str | None) -> None:
    """Make the account of ingest exist with the password that FLEET_MQTT_URL gives it; the caller commits.

    Without it, rendering would take ingest's own account off a broker that others set up. Another username in the URL
    is left to who runs that broker.
    """
    parts = urlsplit(mqtt_url or "")
    if parts.username is None or unquote(parts.username) != INGEST or not parts.password:
        return
    password = unquote(parts.password)
    for stored in await broker_accounts.list_all(connection, BrokerAccountKind.SERVICE):
        same = stored.account.username == INGEST and stored.revoked_at is None
        if same and password_matches(password, stored.account.password_hash):
            return
    account = BrokerAccount(username=INGEST, kind=BrokerAccountKind.SERVICE, password_hash=hash_password(password))
    await broker_accounts.create(connection, account, replace=True)


async def apply_accounts(connection: AsyncConnection, directory: Path) -> bool:
    """Render all accounts that may connect, committed ones, into `directory`, and tell the running broker.

    Opens and ends a transaction of its own; call it after the change is committed. Returns False when no broker
    could be told. Raises DependencyMissing when the files cannot be written.
    """
    async with connection.begin():
        await broker_accounts.lock_rendering(connection)
        accounts = await broker_accounts.list_active(connection)
        write_files(directory, render_passwords(accounts), render_access(accounts))
        return tell_broker(directory)


async def follow_once(connection: AsyncConnection, directory: Path) -> bool:
    """As `apply_accounts`, but only where the files would differ; answers whether they did."""
    async with connection.begin():
        await broker_accounts.lock_rendering(connection)
        accounts = await broker_accounts.list_active(connection)
        wanted = {PASSWORDS: render_passwords(accounts), ACCESS: render_access(accounts)}
        if all(_content(directory / name) == text for name, text in wanted.items()):
            return False
        write_files(directory, wanted[PASSWORDS], wanted[ACCESS])
        tell_broker(directory)
        return True


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return None


def require_broker_directory(settings: Settings) -> Path:
    """The directory of the broker's files. Raises InvalidSettings, with what to do, when it is unknown or not here."""
    directory = settings.broker_dir
    if directory is None:
        raise InvalidSettings(
            "it is not known where the broker keeps its accounts: set FLEET_BROKER_DIR to the directory with its files"
            f" `{PASSWORDS}` and `{ACCESS}`, and run this on the broker's machine or with that directory mounted"
        )
    if not directory.is_dir():
        raise InvalidSettings(f"FLEET_BROKER_DIR: {directory} is no directory on this machine")
    return directory


def write_files(directory: Path, passwords: str, access: str) -> None:
    """Replace both files, each in one step. Raises DependencyMissing."""
    try:
        # The rules first: a new account must not live a moment without its limits.
        _replace(directory / ACCESS, access.encode())
        _replace(directory / PASSWORDS, passwords.encode())
    except OSError as error:
        raise DependencyMissing(f"cannot write the broker's accounts in {directory}: {error.strerror}") from error


def tell_broker(directory: Path) -> bool:
    """Make the broker whose pid file lies in `directory` read its files; False when there is none within our reach."""
    try:
        broker = psutil.Process(int((directory / PID).read_text()))
        # Of a broker in another container, or long gone, the number may be anybody's here.
        if broker.name() != "mosquitto":
            return False
        broker.send_signal(signal.SIGHUP)
    except (OSError, ValueError, psutil.Error):
        return False
    return True


def put_file(path: Path, content: bytes) -> None:
    """Replace one file in the broker's directory in one step; a folder below it is made. Raises DependencyMissing."""
    try:
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700)
            if os.geteuid() == 0:
                above = path.parent.parent.stat()
                os.chown(path.parent, above.st_uid, above.st_gid)
        _replace(path, content)
    except OSError as error:
        raise DependencyMissing(f"cannot write {path}: {error.strerror}") from error


def _replace(path: Path, content: bytes) -> None:
    """Write in one step, readable for whoever could read the file before, else for the directory's owner alone."""
    like = path.stat() if path.exists() else path.parent.stat()
    mode = stat.S_IMODE(like.st_mode) & 0o640 if path.exists() else 0o600
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if os.geteuid() == 0:
            os.chown(temporary, like.st_uid, like.st_gid)
        else:
            with contextlib.suppress(PermissionError):
                os.chown(temporary, -1, like.st_gid)
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
