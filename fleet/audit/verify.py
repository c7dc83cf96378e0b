"""The walk over one chain: whether every entry is the one that was written, in its place, and none is missing.

Feed the links in the order of their numbers, in pages of any size; memory does not grow with the chain. Each link's
code is computed from the code stored before it. Where that fails the walk goes on from the stored code, so one change
is one finding and not a thousand, and at the end tells apart what happened: from which places and after which codes
would the doubtful entries be right?
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from fleet.audit.entry import GENESIS, Link, canonical, code_of
from fleet.audit.keys import Keys
from fleet.audit.seals import FIRST_SEAL, Anchor, Head

MOST_SUSPECTS = 24
"""Doubtful entries of a chain whose cause is looked for one by one; further ones are counted."""

FARTHEST_SHIFT = 16
"""By how many places the rest of a chain may have been renumbered and still be told from edits."""

ANCHORED = "audit.anchor"
"""The action of the entry that every anchor leaves in the log, so that a line taken out of the file is missed."""


class Fault(StrEnum):
    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    KEY_MISSING = "key_missing"
    HEAD_FILE = "head_file"
    ANCHOR_FILE = "anchor_file"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what, in which chain, from which number to which, and the same as a sentence."""

    fault: Fault
    chain: int | None
    first: int | None
    last: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a link from outside the database; `source` says from where."""

    n: int
    mac: bytes
    source: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A chain that was walked. `last_code`: the code of its last entry, 64 hexadecimal digits."""

    chain: int
    entries: int
    first_at: datetime | None
    last_at: datetime | None
    last_n: int
    last_code: str | None


@dataclass(slots=True)
class _Suspect:
    link: Link
    previous: bytes | None  # the code stored at the number before; None = nothing is stored there
    origin: int | None = None  # the number at which it would be right
    explained: bool = False


@dataclass(slots=True)
class ChainWalk:
    """`feed` pages of links with ascending numbers, then `finish`. `known`: heads and anchors of this chain."""

    chain: int
    keys: Keys
    known: Sequence[Known]
    anchored: dict[int, str] = field(default_factory=dict)  # number of the anchor -> its seal, as entries say
    _expected: int = 1
    _previous: bytes | None = GENESIS
    _shift: int = 0
    _entries: int = 0
    _first_at: datetime | None = None
    _last_at: datetime | None = None
    _last: int = 0
    _gaps: list[tuple[int, int]] = field(default_factory=list)
    _edges: list[bytes] = field(default_factory=list)  # the codes before the gaps
    _suspects: list[_Suspect] = field(default_factory=list)
    _shifts: list[tuple[int, int]] = field(default_factory=list)
    _more: int = 0
    _missing_keys: dict[str, list[int]] = field(default_factory=dict)
    _findings: list[Finding] = field(default_factory=list)
    _checkpoints: dict[int, list[Known]] | None = None

    def feed(self, links: Iterable[Link]) -> None:
        for link in links:
            self._take(link)

    def finish(self) -> tuple[Summary, list[Finding]]:
        self._find_origins()
        self._tell_gaps()
        self._tell_suspects()
        self._tell_end()
        for key, (first, last, count) in ((name, tuple(one)) for name, one in self._missing_keys.items()):
            self._find(
                Fault.KEY_MISSING,
                first,
                last,
                f"{count} entries from {first} to {last} were written with the key {key}, which is not among the keys"
                " given: they cannot be checked",
            )
        code = self._previous.hex() if self._entries and self._previous is not None else None
        summary = Summary(self.chain, self._entries, self._first_at, self._last_at, max(self._expected - 1, 0), code)
        return summary, sorted(self._findings, key=lambda one: one.first or 0)

    # ------------------------------------------------------------ walking

    def _take(self, link: Link) -> None:
        self._entries += 1
        self._first_at = self._first_at or link.entry.at
        self._last_at = link.entry.at
        if link.n > self._expected and len(self._gaps) < MOST_SUSPECTS:
            self._gaps.append((self._expected, link.n - 1))
            if self._previous is not None:
                self._edges.append(self._previous)
        if link.n != self._expected:
            self._previous = None
        if link.key_id not in self.keys.by_id:
            seen = self._missing_keys.setdefault(link.key_id, [link.n, link.n, 0])
            seen[1], seen[2] = link.n, seen[2] + 1
        elif self._right(link, link.n + self._shift, self._previous):
            self._good(link, link.n + self._shift)
        elif self._shift and self._right(link, link.n, self._previous):
            self._shift = 0
            self._good(link, link.n)
        else:
            self._doubt(link)
        self._previous = link.mac
        self._expected = link.n + 1

    def _good(self, link: Link, n: int) -> None:
        self._last = max(self._last, n)
        for known in self._at(n):
            if not hmac.compare_digest(known.mac, link.mac):
                self._find(
                    Fault.REWRITTEN,
                    link.n,
                    link.n,
                    f"entry {link.n} has a right code, but {known.source} holds another one: the chain was written"
                    " anew by somebody who has the key, or belongs to another database",
                )
        if link.entry.action == ANCHORED and link.entry.detail is not None:
            told = json.loads(link.entry.detail)
            self.anchored[told["anchor"]] = told["seal"]

    def _doubt(self, link: Link) -> None:
        for shift in self._possible_shifts():
            if self._right(link, link.n + shift, self._previous):
                self._shifts.append((link.n, shift - self._shift))
                self._shift = shift
                self._good(link, link.n + shift)
                return
        if len(self._suspects) < MOST_SUSPECTS:
            self._suspects.append(_Suspect(link, self._previous))
        else:
            self._more += 1

    def _possible_shifts(self) -> Iterable[int]:
        if self._previous is None or len(self._suspects) >= MOST_SUSPECTS:
            return ()
        steps = range(1, FARTHEST_SHIFT + 1)
        return [shift for step in steps for shift in (self._shift + step, self._shift - step)]

    def _right(self, link: Link, n: int, previous: bytes | None) -> bool:
        if previous is None:
            return False
        body = canonical(link.chain, n, link.key_id, link.entry)
        return hmac.compare_digest(code_of(self.keys.by_id[link.key_id], previous, body), link.mac)

    def _at(self, n: int) -> list[Known]:
        if self._checkpoints is None:
            self._checkpoints = {}
            for one in self.known:
                self._checkpoints.setdefault(one.n, []).append(one)
        return self._checkpoints.get(n, [])

    # ------------------------------------------------------------ telling what happened

    def _find_origins(self) -> None:
        if not self._suspects:
            return
        numbers = {one.link.n for one in self._suspects}
        numbers |= {n for first, last in self._gaps for n in (*range(first, min(last, first + 3) + 1), last)}
        numbers |= {one.link.n + step for one in self._suspects for step in (-1, 1)}
        macs = {GENESIS, *self._edges}
        for one in self._suspects:
            macs.add(one.link.mac)
            if one.previous is not None:
                macs.add(one.previous)
                # Where only the stored code was replaced, the next entry still follows the true one.
                body = canonical(one.link.chain, one.link.n, one.link.key_id, one.link.entry)
                macs.add(code_of(self.keys.by_id[one.link.key_id], one.previous, body))
        for one in self._suspects:
            candidates = [one.link.n, *sorted(numbers - {one.link.n})]
            one.origin = next((n for n in candidates if any(self._right(one.link, n, mac) for mac in macs)), None)
            if one.origin is not None:
                self._last = max(self._last, one.origin)

    def _tell_gaps(self) -> None:
        found = {one.origin for one in self._suspects if one.origin != one.link.n}
        most = max([self._last, *(known.n for known in self.known)])
        for first, last in self._gaps:
            if first == last and first in found:
                continue  # it stands elsewhere, and is told there
            following = next((one for one in self._suspects if one.link.n == last + 1), None)
            if first > most and following is not None and following.origin is not None:
                continue  # nothing ever stood there: one was moved to the far end
            what = f"entry {first} is" if first == last else f"entries {first} to {last} are"
            rest = ""
            if following is not None and following.origin is None and not self._beyond(last + 1):
                following.explained = True
                rest = f"; entry {last + 1}, which followed, cannot be checked without it"
            self._find(Fault.DELETED, first, last, f"{what} missing{rest}")

    def _tell_suspects(self) -> None:
        claimed = {one.origin for one in self._suspects if one.origin not in (None, one.link.n)}
        unexplained_shifts = dict(self._shifts)
        for one in self._suspects:
            n = one.link.n
            if one.explained:
                continue
            if one.origin == n:
                continue  # right in itself; what stood before it is told there
            if one.origin == n - 1 and self._pushed(one):
                continue
            shift = unexplained_shifts.pop(n + 1, 0)
            if one.origin is not None:
                self._find(Fault.REORDERED, n, n, f"the entry that was written as {one.origin} stands at {n}")
            elif n in claimed or shift < 0 or self._beyond(n):
                self._find(Fault.INSERTED, n, n, f"entry {n} was not written by the service")
            elif shift > 0:
                self._find(
                    Fault.DELETED,
                    n,
                    n + shift - 1,
                    f"{shift} {'entry' if shift == 1 else 'entries'} before the one that now stands at {n} were"
                    " removed, and all that follow renumbered",
                )
            else:
                self._find(Fault.EDITED, n, n, f"entry {n} is not as it was written")
        if self._more:
            self._find(Fault.EDITED, None, None, f"{self._more} further entries are not as they were written")
        told = bool(self._findings) or bool(self._missing_keys)
        for n, shift in unexplained_shifts.items():
            if not told:
                what = f"{abs(shift)} {'removed' if shift > 0 else 'added'} before it"
                self._find(
                    Fault.DELETED if shift > 0 else Fault.INSERTED, n, n, f"entry {n} has another number: {what}"
                )
        if self._suspects and not self._findings and not self._missing_keys:
            first = self._suspects[0].link.n
            self._find(Fault.EDITED, first, first, f"entry {first} does not follow the one before it")

    def _pushed(self, suspect: _Suspect) -> bool:
        """Whether an entry stands one later only because another was put before it."""
        before = next((one for one in self._suspects if one.link.n == suspect.link.n - 1), None)
        return before is not None and before.origin is None

    def _beyond(self, n: int) -> bool:
        """Whether no right entry stands at `n` or later, and nothing outside the database knows of one."""
        known = max((one.n for one in self.known), default=None)
        return known is not None and n > known and n > self._last

    def _tell_end(self) -> None:
        last = max(self.known, key=lambda one: one.n, default=None)
        first = max(self._last + 1, self._expected + self._shift)
        if last is None or last.n < first:
            return
        ends = f"the chain ends at {self._expected - 1}" if self._entries else "the whole chain is gone"
        self._find(Fault.TRUNCATED, first, last.n, f"{ends}, but {last.source} knows entry {last.n}")

    def _find(self, fault: Fault, first: int | None, last: int | None, message: str) -> None:
        self._findings.append(Finding(fault, self.chain, first, last, f"chain {self.chain}: {message}"))


# ---------------------------------------------------------------- the file of anchors


def anchor_findings(anchors: Sequence[Anchor | None], entries: Mapping[int, str]) -> list[Finding]:
    """What is wrong with the file of anchors: its lines in their order (None = not a line of ours).

    `entries`: number and seal of the anchors that the log itself tells of.
    """
    findings: list[Finding] = []

    def find(line: int | None, message: str) -> None:
        findings.append(Finding(Fault.ANCHOR_FILE, None, line, line, f"file of anchors: {message}"))

    previous, expected = FIRST_SEAL, 1
    for line, anchor in enumerate(anchors, 1):
        if anchor is None:
            find(line, f"line {line} was changed, or was not written by the service")
            continue
        if anchor.number != expected:
            find(line, f"line {line} holds anchor {anchor.number}, anchor {expected} was expected: lines are missing")
        elif anchor.previous != previous and anchors[line - 2 : line - 1] != [None]:
            find(line, f"anchor {anchor.number} in line {line} does not follow the one before it")
        previous, expected = anchor.seal, anchor.number + 1
    present = {anchor.number: anchor.seal for anchor in anchors if anchor is not None}
    for number, seal in sorted(entries.items()):
        if number not in present and number >= expected:
            find(None, f"anchor {number}, of which the log tells, is missing at the end")
        elif number in present and present[number] != seal:
            find(None, f"anchor {number} is another than the log tells")
    return findings


def known_of(chain: int, heads: Iterable[Head], anchors: Iterable[Anchor], marks: Iterable[Head]) -> list[Known]:
    """What heads, anchors and printed marks say of one chain."""
    known = [Known(head.n, head.mac, "its head file") for head in heads if head.chain == chain]
    for anchor in anchors:
        source = f"anchor {anchor.number} of {anchor.at:%Y-%m-%d %H:%M} UTC"
        known += [Known(head.n, head.mac, source) for head in anchor.heads if head.chain == chain]
    return known + [Known(head.n, head.mac, "the printed anchor") for head in marks if head.chain == chain]
