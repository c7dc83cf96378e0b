"""One private Mosquitto in one directory, started with the production configuration file.

    broker = Mosquitto(Path("var/mosquitto"), 1884)
    broker.write_access(passwords, acl)
    broker.start()
    broker.url("service", "secret")     # mqtt://service:secret@127.0.0.1:1884

The file is copied byte for byte into the directory, because the server's user may be unable to read the checkout.
Nobody has an account until `write_access` is called.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psutil

from fleet.errors import DependencyMissing
from fleet.local.listeners import Listeners, TlsFiles
from fleet.local.places import ServerUser, remove, server_user, settle, write_private
from fleet.local.processes import (
    alive,
    end_all,
    finish,
    last_lines,
    require_free_port,
    spawn,
    wait_until,
    working_in,
)

PRODUCTION = Path(__file__).resolve().parents[2] / "ingest" / "broker" / "mosquitto.conf"

# Saves its queues on SIGTERM: with two million messages that takes a while.
_STOP = ((signal.SIGTERM, 60.0),)

_EVERYWHERE = "0.0.0.0"  # noqa: S104  # compared with, not listened on

OPEN_FILES = 65536
"""The usual 1,024 would refuse most of 6,000 units."""


def find_program() -> Path:
    """The installed broker. Raises DependencyMissing."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise DependencyMissing(
            "Mosquitto is not installed: run `make setup`, or set FLEET_DATABASE_URL and FLEET_MQTT_URL"
        )
    return Path(found)


class Mosquitto:
    """Life of one broker. Not thread-safe; `start` from a thread that lives as long as the broker shall."""

    def __init__(
        self,
        directory: Path,
        port: int,
        config: Path = PRODUCTION,
        *,
        listen_on: str = "127.0.0.1",
        tls_port: int | None = None,
        tls: TlsFiles | None = None,
    ) -> None:
        """With `tls` the broker speaks it at `listen_on`:`tls_port`, and without it on loopback only."""
        self.port = port
        self.tls_port = tls_port
        self._listen_on = listen_on if tls is None else "127.0.0.1"
        self.listeners = Listeners(port, self._listen_on, tls_port, listen_on, tls)
        self._asked = directory.absolute()
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None
        self._user: ServerUser | None = None

    @property
    def directory(self) -> Path:
        """Where the files really are (see `places.settle`)."""
        return self._asked.resolve()

    @property
    def host(self) -> str:
        """The address at which a client on this machine reaches it."""
        return "127.0.0.1" if self._listen_on == _EVERYWHERE else self._listen_on

    @property
    def log(self) -> Path:
        return self.directory / "mosquitto.log"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self.running and self._process is not None else None

    def url(self, user: str, password: str) -> str:
        return f"mqtt://{quote(user, safe='')}:{quote(password, safe='')}@{self.host}:{self.port}"

    def write_access(self, passwords: str, acl: str) -> None:
        """Replace both access files, each in one step, and make a running broker read them."""
        user = self._settle()
        # The rules first: a new account must not live a moment without its limits.
        write_private(self.directory / "access", acl, user)
        write_private(self.directory / "passwords", passwords, user)
        self.reload()

    def write_listeners(self, listeners: Listeners) -> None:
        """Replace the listeners' files; a running broker reads certificates at `reload`, ports at its next start."""
        user = self._settle()
        for name in ("conf.d", "tls"):
            (self.directory / name).mkdir(mode=0o700, exist_ok=True)
            user.give(self.directory / name)
        listeners.write(self.directory, lambda path, content: write_private(path, content.decode(), user))

    def start(self) -> None:
        """Start; returns when connections are taken.

        A broker that an earlier owner left running in this directory is stopped first.
        Raises DependencyMissing: not installed, port in use, or the broker's own complaint.
        """
        if self.running:
            return
        program = find_program()
        user = self._settle()
        self._stop_leftovers()
        require_free_port(self.port, "FLEET_MQTT_PORT", host=self._listen_on)
        if self.tls_port is not None:
            require_free_port(self.tls_port, "FLEET_MQTT_TLS_PORT", host=self.listeners.tls_address)
        write_private(self.directory / "mosquitto.conf", self._config.read_text(encoding="utf-8"), user)
        for name in ("access", "passwords"):
            if not (self.directory / name).exists():
                write_private(self.directory / name, "", user)
        self.write_listeners(self.listeners)
        process = spawn(
            [str(program), "-c", str(self.directory / "mosquitto.conf")],
            directory=self.directory,
            log=self.log,
            death=signal.SIGTERM,
            user=user,
            open_files=OPEN_FILES,
            environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
        )
        self._process = process  # before it is ready: whoever interrupts us here still can stop it
        # Reading two million queued messages back takes some seconds.
        if not wait_until(self._answers, process, within_s=120):
            self.stop()
            raise DependencyMissing(f"Mosquitto does not start ({self.log}): {last_lines(self.log)}")

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """End in order: sessions, queues and retained messages are saved. When `hurry` answers True, they are not."""
        if self._process is not None:
            finish(self._process, _STOP, hurry)
            self._process = None

    def kill(self) -> None:
        """SIGKILL, as a power failure: everything since the last save is lost."""
        if self._process is not None:
            finish(self._process, ())
            self._process = None

    def reload(self) -> None:
        """Make the broker read its files again. Nothing when it does not run, here or in another process of ours."""
        for process in self._brokers():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGHUP)

    def remove(self) -> None:
        """Stop and delete everything."""
        self.stop()
        if self._asked.exists():
            self._stop_leftovers()
        remove(self._asked)

    def _settle(self) -> ServerUser:
        if self._user is None:
            self._user = server_user("mosquitto", "postgres", "nobody")
        settle(self._asked, self._user)
        return self._user

    def _brokers(self) -> list[psutil.Process]:
        """Brokers that work in our directory, by the file they keep their process id in."""
        if self.running and self._process is not None:
            return [psutil.Process(self._process.pid)]
        try:
            process = psutil.Process(int((self.directory / "mosquitto.pid").read_text()))
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return []
        return [process] if alive(process) and process in working_in(self.directory, "mosquitto") else []

    def _stop_leftovers(self) -> None:
        end_all(working_in(self.directory, "mosquitto"), _STOP)

    def _answers(self) -> bool:
        try:
            socket.create_connection((self.host, self.port), timeout=1).close()
        except OSError:
            return False
        return True
