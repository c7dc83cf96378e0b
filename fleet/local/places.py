"""Where the private servers keep their files, and as whom they run.

PostgreSQL refuses to run as root, so root hands both servers to the unprivileged users of the Debian packages.
Such a user cannot enter a clone under `/root` (mode 0700); then the data lie in `/var/lib/one-network/<hash>/`
and the place asked for becomes a symbolic link to them.
"""

from __future__ import annotations

import contextlib
import grp
import hashlib
import os
import pwd
import secrets
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from fleet.errors import DependencyMissing

FALLBACK = Path("/var/lib/one-network")


@dataclass(frozen=True, slots=True)
class ServerUser:
    """As whom a server runs. `switch` is False when that is who we are already."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    switch: bool

    def give(self, path: Path) -> None:
        """Make the user the owner of `path`; nothing when we run as that user anyway."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def may_enter(self, directory: Path) -> bool:
        """Whether the user can traverse every existing directory on the way to `directory`, by mode bits."""
        path = directory if directory.is_absolute() else Path.cwd() / directory
        for step in [*reversed(path.parents), path]:
            try:
                status = step.stat()
            except FileNotFoundError:
                return True
            if status.st_uid == self.uid:
                bit = stat.S_IXUSR
            elif status.st_gid in self.groups:
                bit = stat.S_IXGRP
            else:
                bit = stat.S_IXOTH
            if not status.st_mode & bit:
                return False
        return True


def server_user(*candidates: str) -> ServerUser:
    """Who runs a server: ourselves, or, when we are root, the first of `candidates` that exists.

    Raises DependencyMissing when we are root and none exists.
    """
    if os.geteuid() != 0:
        entry = pwd.getpwuid(os.geteuid())
        return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid, tuple(os.getgroups()), switch=False)
    for name in candidates:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            groups = {group.gr_gid for group in grp.getgrall() if name in group.gr_mem} | {entry.pw_gid}
            return ServerUser(name, entry.pw_uid, entry.pw_gid, tuple(sorted(groups)), switch=True)
    raise DependencyMissing(
        f"none of the users {', '.join(candidates)} exists, and a server must not run as root: run `make setup`"
    )


def fallback_for(directory: Path) -> Path:
    """Where the files of `directory` go when the server's user cannot enter it: one place per path."""
    parent = directory.parent.resolve()
    digest = hashlib.sha256(os.fsencode(parent)).hexdigest()[:16]
    return FALLBACK / digest / directory.name


def settle(directory: Path, user: ServerUser) -> Path:
    """Create `directory` (0700, owned by `user`) where `user` can work, and return the real path.

    When `user` cannot enter it, `directory` becomes a link to `fallback_for(directory)`.
    """
    if directory.is_symlink():
        real = directory.resolve()
    else:
        directory.parent.mkdir(parents=True, exist_ok=True)
        if user.may_enter(directory.parent):
            real = directory.resolve()
        else:
            real = fallback_for(directory)
            if directory.exists():
                raise DependencyMissing(
                    f"{directory} exists, but the user {user.name} cannot reach it: move it to {real}, or remove it"
                )
            directory.symlink_to(real)
    if not real.exists():
        for parent in reversed(real.parents):
            if not parent.exists():
                parent.mkdir(exist_ok=True)
                parent.chmod(0o755)
        real.mkdir(mode=0o700, exist_ok=True)
    real.chmod(0o700)
    user.give(real)
    return real


def remove(directory: Path) -> None:
    """Remove what `settle` made, link and fallback included. The server must be stopped."""
    if directory.is_symlink():
        real = directory.resolve()
        directory.unlink()
        shutil.rmtree(real, ignore_errors=True)
        with contextlib.suppress(OSError):
            real.parent.rmdir()
    elif directory.exists():
        shutil.rmtree(directory)


def write_private(path: Path, text: str, user: ServerUser | None = None) -> None:
    """Write `text` in one step (temporary file, then rename), mode 0600, owned by `user`."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if user is not None:
            user.give(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def secret(path: Path) -> str:
    """The password kept in `path` (0600), generated at the first call.

    Of several processes that ask at once, all get the same one: a second never takes the place of the first.
    """
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8").strip()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    offered = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.offered")
    write_private(offered, secrets.token_urlsafe(24) + "\n")
    try:
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(offered)
    finally:
        offered.unlink()
    return path.read_text(encoding="utf-8").strip()
