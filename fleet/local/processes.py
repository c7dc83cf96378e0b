"""Children that never outlive us: dropped privileges, their own session, and a signal when the parent dies."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from fleet.errors import DependencyMissing
from fleet.local.places import ServerUser

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def _prepare(parent: int, death: signal.Signals, open_files: int | None) -> Callable[[], None]:
    """What the child does between fork and exec, after the change of user (which would clear the death signal)."""

    def prepare() -> None:
        if open_files is not None:
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            limit = open_files if hard == resource.RLIM_INFINITY else min(open_files, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)

    return prepare


def spawn(
    arguments: Sequence[str],
    *,
    directory: Path,
    log: Path,
    death: signal.Signals,
    user: ServerUser | None = None,
    environment: Mapping[str, str] | None = None,
    open_files: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, its output appended to `log`, with up to `open_files` descriptors.

    When the calling *thread* ends, the kernel sends the child `death`: call from a thread that lives as long as the
    child shall. Raises DependencyMissing when the program is not there.
    """
    switch = user is not None and user.switch
    with log.open("ab") as output:
        if user is not None:
            user.give(log)
        try:
            return subprocess.Popen(
                list(arguments),
                cwd=directory,
                env=None if environment is None else dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user.uid if user is not None and switch else None,
                group=user.gid if user is not None and switch else None,
                extra_groups=list(user.groups) if user is not None and switch else None,
                umask=0o077,
                preexec_fn=_prepare(os.getpid(), death, open_files),  # noqa: PLW1509  # no other way
            )
        except FileNotFoundError as error:
            raise DependencyMissing(f"{error.filename} is not installed: run `make setup`") from None


def finish(
    process: subprocess.Popen[bytes],
    ladder: Sequence[tuple[signal.Signals, float]],
    hurry: Callable[[], bool] = lambda: False,
) -> int:
    """End a child: each signal of `ladder` with the seconds granted to it, then SIGKILL. Returns its exit code.

    As soon as `hurry` answers True, the time of the present step is over.
    """
    for name, granted_s in ladder:
        if process.poll() is not None:
            break
        process.send_signal(name)
        until = time.monotonic() + granted_s
        while process.poll() is None and time.monotonic() < until and not hurry():
            time.sleep(0.01)
        if process.poll() is None:
            # A moment for the step itself even when hurried: an immediate shutdown needs some milliseconds too.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
    if process.poll() is None:
        process.kill()
    return process.wait()


def working_in(directory: Path, program: str) -> list[psutil.Process]:
    """The live processes of `program` that belong to `directory`: its path is an argument, or where they work."""
    place = str(directory)
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == program and alive(process):
                if any(argument == place or argument.startswith(f"{place}/") for argument in process.cmdline()):
                    found.append(process)
                    continue
                # Needs more rights than the line above: a container's root may lack them.
                with contextlib.suppress(psutil.AccessDenied):
                    if process.cwd() == place:
                        found.append(process)
    return found


def alive(process: psutil.Process) -> bool:
    """Whether it still runs; a zombie that nobody has collected yet does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def await_end(processes: Sequence[psutil.Process], *, within_s: float) -> list[psutil.Process]:
    """Wait for processes that need not be our children; returns those still alive."""
    until = time.monotonic() + within_s
    while (left := [process for process in processes if alive(process)]) and time.monotonic() < until:
        time.sleep(0.01)
    return left


def end_all(processes: Sequence[psutil.Process], ladder: Sequence[tuple[signal.Signals, float]]) -> None:
    """As `finish`, for processes that are not our children."""
    left = list(processes)
    for name, granted_s in [*ladder, (signal.SIGKILL, 10.0)]:
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(name)
        left = await_end(left, within_s=granted_s)
        if not left:
            return


def require_free_port(port: int, variable: str, *, host: str = "127.0.0.1") -> None:
    """Raises DependencyMissing, naming the setting, when something else listens on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise DependencyMissing(f"cannot listen on {host}:{port}: {error.strerror}; set {variable}") from None
            raise DependencyMissing(
                f"port {port} on {host} is used by another program: set {variable} to a free port"
            ) from None


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], *, within_s: float) -> bool:
    """Poll `ready`; False when `process` ended or the time is over."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if ready():
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.02)
    return False


def last_lines(log: Path, count: int = 5) -> str:
    """The end of a log, for an error message; empty when there is none."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-count:])
