"""What was told of cases and findings lately, in memory: one copy a process, read by every stream. No database here."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

import msgspec

from api.live.fleet import may_see
from fleet.model.scope import Scope

REMEMBERED = 5_000
"""Readers further behind than this read from the database."""


class Entry(msgspec.Struct, frozen=True):
    """A notice, encoded once for all readers, with what a scope asks of it."""

    revision: int
    topic: str  # cases | findings
    vehicle_id: int
    organ_id: int
    division: int
    begin_at: datetime
    confidential: bool
    event: bytes  # without its id


class Feed:
    """The latest notices. `epoch` rises when the database is not the one that was followed."""

    def __init__(self) -> None:
        self.revision = -1  # nothing was asked yet
        self.epoch = 0
        self._hidden: frozenset[int] = frozenset()
        self._entries: deque[Entry] = deque(maxlen=REMEMBERED)

    def begin(self, revision: int) -> None:
        """Follow from here on; what came before is read from the database by whoever wants it."""
        self.epoch += self.revision >= 0
        self.revision = revision
        self._entries.clear()

    def apply(self, entries: Iterable[Entry], revision: int) -> None:
        """Take what came after `self.revision`."""
        for one in entries:
            self._entries.append(one)
            self.revision = one.revision
        self.revision = max(self.revision, revision)

    def hide(self, vehicle_ids: frozenset[int]) -> None:
        """Take the vehicles that are confidential by now, whatever they were when it was told."""
        self._hidden = vehicle_ids

    def since(self, revision: int) -> Sequence[Entry] | None:
        """What came after `revision`; None where memory does not reach back so far."""
        first = self._entries[0].revision if self._entries else self.revision + 1
        if revision < first - 1:
            return None
        newest_first = takewhile(lambda one: one.revision > revision, reversed(self._entries))
        return list(newest_first)[::-1]

    def visible(self, one: Entry, scope: Scope) -> bool:
        """Whether the scope holds it, as the vehicle is now."""
        confidential = one.confidential or one.vehicle_id in self._hidden
        return may_see(scope, one.organ_id, one.division, confidential=confidential) and scope.holds_moment(
            one.begin_at
        )


def entry_of(row: Mapping[Any, Any], shown: Mapping[str, Any]) -> Entry:
    """A row of `fleet.store.notices.after`, and the same as it leaves."""
    topic = "cases" if row["finding_id"] is None else "findings"
    name = b"case" if row["finding_id"] is None else b"finding"
    return Entry(
        revision=row["revision"],
        topic=topic,
        vehicle_id=row["vehicle_id"],
        organ_id=row["organ_id"],
        division=row["division"],
        begin_at=row["begin_at"],
        confidential=row["confidential"],
        event=b"event: " + name + b"\ndata: " + msgspec.json.encode(shown) + b"\n\n",
    )
