"""The services `fleet up` runs as child processes: started, restarted with back-off when they crash, stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fleet.errors import DependencyMissing
from fleet.local.processes import finish, last_lines, spawn

ROOT = Path(__file__).resolve().parents[2]

_STOP = ((signal.SIGTERM, 20.0),)
_SHORTEST_S = 0.5
_LONGEST_S = 30.0
_SETTLED_S = 60.0
_SERVER_PAUSE_S = 2.0
_LOG_BYTES = 20 * 1024 * 1024


class Server(Protocol):
    """A private database or broker."""

    @property
    def running(self) -> bool: ...

    @property
    def log(self) -> Path: ...

    def start(self) -> None: ...


def tend_server(name: str, server: Server, say: Callable[[str], None]) -> None:
    """Start it again where it has ended; one that does not start is said, and tried again at the next call."""
    if server.running:
        return
    say(f"{name} ended unexpectedly, see {server.log}; starting it again")
    try:
        server.start()
    except DependencyMissing as error:
        say(str(error))
        time.sleep(_SERVER_PAUSE_S)


@dataclass(slots=True)
class Part:
    """One service: `name` for people, `module` with arguments for `python -m`, and its settings.

    `once` marks work that has an end: exit code 0 is not a crash. `longest_s` bounds the pause before a new start.
    """

    name: str
    module: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    once: bool = False
    directory: Path = ROOT
    longest_s: float = _LONGEST_S
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _started: float = field(default=0.0, init=False)
    _delay_s: float = field(default=_SHORTEST_S, init=False)
    _next: float = field(default=0.0, init=False)
    _done: bool = field(default=False, init=False)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def done(self) -> bool:
        """Whether work that has an end has come to it."""
        return self._done

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._process = spawn(
            [sys.executable, "-m", *self.module],
            directory=self.directory,
            log=self.log,
            death=signal.SIGTERM,
            environment={**os.environ, **self.environment, "PYTHONUNBUFFERED": "1"},
        )
        self._started = time.monotonic()

    def tend(self, say: Callable[[str], None]) -> None:
        """Start again what has crashed, each time a little later; says so in one line."""
        if self._done:
            return
        now = time.monotonic()
        if self._process is None:
            if now >= self._next:
                self.start()
            return
        code = self._process.poll()
        if code is None:
            if now - self._started > _SETTLED_S:
                self._delay_s = _SHORTEST_S
            return
        self._process = None
        if self.once and code == 0:
            self._done = True
            return
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        last = last_lines(self.log, 1)
        say(f"{self.name} ended ({how}{': ' + last if last else ''}); again in {self._delay_s:g} s, see {self.log}")
        self._next = now + self._delay_s
        self._delay_s = min(self._delay_s * 2, self.longest_s)

    def stop(self, hurry: Callable[[], bool]) -> int | None:
        """SIGTERM and a bounded wait, in which it finishes what it has taken. Its exit code; None: it did not run."""
        if self._process is None:
            return None
        code = finish(self._process, _STOP, hurry)
        self._process = None
        return code


def keep_short(log: Path) -> None:
    """Keep a log that somebody appends to below twice 20 MB: its text moves to `<name>.1`, the file is emptied.

    A line written between the two steps is lost; renaming instead would leave the writer with the old file.
    """
    try:
        if log.stat().st_size < _LOG_BYTES:
            return
    except FileNotFoundError:
        return
    shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)
