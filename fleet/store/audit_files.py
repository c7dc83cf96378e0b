"""What is kept of the audit chains outside the database: a head for each chain, and the file of anchors.

    DIRECTORY/heads/1        two records of fixed size, written in turn; the later one counts
    DIRECTORY/anchors.jsonl  one line an anchor, appended and synced

A head is written after each commit and before anybody is answered, so it survives the death of the process. It is
synced once a second: after a power failure it may be a second old, which never looks like a cut chain. All processes
that write the log share one directory.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fleet.audit.keys import Keys
from fleet.audit.seals import FIRST_SEAL, Anchor, Head, head_line, make_anchor, read_anchor, read_head
from fleet.errors import DependencyMissing

RECORD_BYTES = 320
_TAIL_BYTES = 1 << 20
"""Holds a line with more heads than there may be chains."""


@dataclass(frozen=True, slots=True)
class Heads:
    """The heads there are; `damaged`: sentences, by chain, about files with what nobody with a key wrote; `empty`:
    chains whose file holds nothing, as that of a chain does that is being begun."""

    heads: tuple[Head, ...]
    damaged: Mapping[int, str]
    empty: frozenset[int]


class AuditFiles:
    """The directory. Made when the first head is written."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def anchor_file(self) -> Path:
        return self.directory / "anchors.jsonl"

    def prepare(self) -> None:
        """Makes the directory. Raises DependencyMissing when it cannot be written."""
        try:
            (self.directory / "heads").mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise DependencyMissing(
                f"cannot write the audit directory {self.directory} ({error.strerror}): FLEET_AUDIT_DIR chooses another"
            ) from error

    def head_file(self, chain: int, keys: Keys) -> HeadFile:
        return HeadFile(self.directory / "heads" / str(chain), chain, keys)

    def read_head(self, chain: int, keys: Keys) -> Head | None:
        """The head of a chain; None without a readable one."""
        return _read_records(self.directory / "heads" / str(chain), chain, keys)[0]

    def read_heads(self, keys: Keys) -> Heads:
        heads: list[Head] = []
        damaged: dict[int, str] = {}
        empty: set[int] = set()
        directory = self.directory / "heads"
        files = sorted(directory.iterdir()) if directory.is_dir() else []
        for path in (path for path in files if path.name.isdigit()):
            chain = int(path.name)
            head, unreadable = _read_records(path, chain, keys)
            if head is not None:
                heads.append(head)
            elif path.exists() and not path.read_bytes().strip():
                empty.add(chain)
                continue
            if unreadable:
                which = "is not one the service wrote" if head is None else "holds a record the service did not write"
                damaged[chain] = f"the head file of chain {chain} {which}"
        return Heads(tuple(heads), damaged, frozenset(empty))

    def read_anchors(self, keys: Keys) -> list[Anchor | None]:
        """The lines of the file in their order; None = not ours."""
        return [read_anchor(line, keys) for line in self._anchor_lines()]

    def anchor(self, now: datetime, keys: Keys, *, due: Callable[[Anchor | None], bool]) -> tuple[Anchor, str] | None:
        """Append an anchor of all heads and sync it, unless there is no head or `due` says no to the last anchor.

        Processes take turns. After a line that is not ours the numbers go on by the lines there are. Asked far more
        often than an anchor is due, it then reads no more than the end of the file.
        """
        self.prepare()
        with self.anchor_file.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last = read_anchor(self._last_line(), keys)
            if not due(last):
                return None
            heads = [head for head in self.read_heads(keys).heads if head.n > 0]
            if not heads:
                return None
            number = len(self._anchor_lines()) + 1 if last is None else last.number + 1
            anchor, line = make_anchor(number, now, heads, FIRST_SEAL if last is None else last.seal, keys)
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
        return anchor, line

    def _anchor_lines(self) -> list[str]:
        try:
            return self.anchor_file.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []

    def _last_line(self) -> str:
        with self.anchor_file.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            lines = file.read().decode("utf-8", errors="replace").splitlines()
        return lines[-1] if lines else ""


class HeadFile:
    """The head of one chain, written by the one who holds the chain. A new file outlives a power failure at once."""

    def __init__(self, path: Path, chain: int, keys: Keys) -> None:
        new = not path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._keys = keys
        heads = [head for head in _records(path, chain, keys)[:2] if head is not None]
        # The older record is overwritten first: a write that is cut short leaves the newer one.
        self._turn = 1 if len(heads) == 1 or (len(heads) == 2 and heads[0].n > heads[1].n) else 0
        self.unsynced = False
        self._prepared: tuple[Head, bytes] | None = None
        if new:
            directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def prepare(self, head: Head) -> None:
        """Make the record of a head that is perhaps written soon."""
        self._prepared = (head, head_line(head, self._keys).encode().ljust(RECORD_BYTES - 1) + b"\n")

    def write(self, head: Head) -> None:
        if self._prepared is None or self._prepared[0] != head:
            self.prepare(head)
        assert self._prepared is not None
        os.pwrite(self._file, self._prepared[1], self._turn * RECORD_BYTES)
        self._turn ^= 1
        self.unsynced = True

    def sync(self) -> None:
        self.unsynced = False
        os.fdatasync(self._file)

    def close(self) -> None:
        os.close(self._file)


def _records(path: Path, chain: int, keys: Keys) -> list[Head | None]:
    """The records of a head file; None = not ours."""
    content = path.read_bytes() if path.exists() else b""
    parts = [content[start : start + RECORD_BYTES].strip() for start in range(0, len(content), RECORD_BYTES)]
    heads = [read_head(part.decode(errors="replace"), keys) for part in parts if part]
    return [head if head is not None and head.chain == chain else None for head in heads]


def _read_records(path: Path, chain: int, keys: Keys) -> tuple[Head | None, bool]:
    """The later of the two heads, and whether a record is there that is none of ours."""
    records: list[Head | None] = []
    for _ in range(3):  # one may be just being written
        records = _records(path, chain, keys)
        if records and None not in records:
            break
    ours = [head for head in records if head is not None]
    return max(ours, key=lambda head: head.n, default=None), path.exists() and (not records or None in records)
