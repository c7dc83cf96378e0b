"""The fleet in memory. Knows no database and no network; time is an argument.

Every change raises `tick`, a counter of this process. A reader keeps only the tick it has seen and asks for what
came later, so a slow reader costs nothing and gets merged rows. `revision` is the database's counter: readers that
come back after a restart resume by it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from api.live.items import Fitted, Item, State, make_item
from fleet.model.scope import Scope

StateRow = Row[*tuple[Any, ...]]

REMEMBERED_TICKS = 120
"""Readers further behind than this get the whole state again; two minutes at one tick a second."""


class Entry(msgspec.Struct, eq=False):
    """One vehicle. Replaced, never changed, except for the encoded forms, which are made when first asked for."""

    item: Item
    confidential: bool
    silent_from: datetime
    changed_at_revision: int  # the fleet's revision when anything but the row itself changed it (silence, registry)
    encoded: dict[str, bytes]


class Selection(msgspec.Struct, frozen=True):
    """Which vehicles a reader wants and may see; hashable, so that equal readers share their bytes.

    `box` is west, south, east, north in WGS-84 degrees. `division` is where the vehicle is, `organ` whose it is.
    """

    scope: Scope
    box: tuple[float, float, float, float] | None = None
    division: int | None = None
    organ: int | None = None

    @property
    def narrowed(self) -> bool:
        """Whether some vehicles may lie outside, so that one can leave the selection without leaving the fleet."""
        return not (self.box is None and self.division is None and self.organ is None and self.scope.everywhere)


class Step(msgspec.Struct, frozen=True):
    """What one tick replaced: the entry each changed vehicle had before (None = it was not there)."""

    tick: int
    revision: int
    before: dict[int, Entry | None]


class Delta(msgspec.Struct, frozen=True):
    """What a reader has to be told: vehicles as they are now, and those that left its selection."""

    entries: list[Entry]
    gone: list[int]
    full: bool  # everything is in it: forget what you had


class Fleet:
    """The last state of every vehicle that has a unit, and what changed lately."""

    def __init__(self) -> None:
        self.revision = 0
        self.tick = 0
        self.epoch = 0  # raised when the database was reset: whoever holds an older one starts anew
        self.fitted_count = 0
        self._rows: dict[int, StateRow] = {}
        self._fitted: dict[int, Fitted] = {}
        self._entries: dict[int, Entry] = {}
        self._parents: dict[int, int | None] = {}
        self._subtrees: dict[int, frozenset[int]] = {}
        self._steps: deque[Step] = deque(maxlen=REMEMBERED_TICKS)

    # -------------------------------------------------------------- what the poller does

    def reset(self) -> None:
        """Forget every state: the database is not the one that was followed."""
        self.epoch += 1
        self.tick += 1
        self.revision = 0
        self._rows.clear()
        self._entries.clear()
        self._steps.clear()

    def has_met(self, unit_id: int) -> bool:
        """Whether the unit is in the registry as it was read last, or was found missing there before."""
        return unit_id in self._fitted or unit_id in self._rows

    def apply(self, rows: Iterable[StateRow], revision: int, now: datetime) -> None:
        """Take rows of the database as of `revision`, and find who fell silent by `now`."""
        self.revision = max(revision, self.revision)
        changed: dict[int, Entry | None] = {}
        for row in rows:
            self._rows[row.unit_id] = row
            self.revision = max(row.revision, self.revision)
            fitted = self._fitted.get(row.unit_id)
            if fitted is not None:
                self._place(fitted, row, now, changed, changed_at_revision=0)
        for vehicle_id, entry in self._entries.items():
            if entry.silent_from <= now and entry.item.state is not State.SILENT:
                changed.setdefault(vehicle_id, entry)
        for vehicle_id, before in changed.items():
            if before is not None and self._entries[vehicle_id] is before:
                silent = msgspec.structs.replace(before.item, state=State.SILENT)
                self._entries[vehicle_id] = Entry(
                    silent, before.confidential, before.silent_from, self.revision, encoded={}
                )
        self._remember(changed)

    def apply_registry(self, fitted: Iterable[Fitted], parents: Mapping[int, int | None], now: datetime) -> None:
        """Take the bindings and the tree of organs as they are now."""
        if parents != self._parents:
            self._parents = dict(parents)
            self._subtrees.clear()
        new = {one.unit_id: one for one in fitted}
        changed: dict[int, Entry | None] = {}
        present = {one.vehicle_id for one in new.values()}
        for vehicle_id in [vehicle_id for vehicle_id in self._entries if vehicle_id not in present]:
            changed[vehicle_id] = self._entries.pop(vehicle_id)
        for unit_id, one in new.items():
            row = self._rows.get(unit_id)
            if one == self._fitted.get(unit_id) and (row is None or one.vehicle_id in self._entries):
                continue
            if row is not None:
                self._place(one, row, now, changed, changed_at_revision=self.revision)
            elif one.vehicle_id in self._entries:
                changed.setdefault(one.vehicle_id, self._entries.pop(one.vehicle_id))
        self._fitted = new
        self.fitted_count = len(new)
        self._remember(changed)

    def _place(
        self,
        fitted: Fitted,
        row: StateRow,
        now: datetime,
        changed: dict[int, Entry | None],
        *,
        changed_at_revision: int,
    ) -> None:
        made = make_item(fitted, row, now)
        before = self._entries.get(fitted.vehicle_id)
        if made is None:
            if before is not None:
                changed.setdefault(fitted.vehicle_id, self._entries.pop(fitted.vehicle_id))
            return
        item, silent_from = made
        changed.setdefault(fitted.vehicle_id, before)
        self._entries[fitted.vehicle_id] = Entry(
            item, fitted.confidential, silent_from, changed_at_revision, encoded={}
        )

    def _remember(self, changed: dict[int, Entry | None]) -> None:
        if changed:
            self.tick += 1
            self._steps.append(Step(self.tick, self.revision, changed))

    # -------------------------------------------------------------- what readers do

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, vehicle_id: int) -> Entry | None:
        return self._entries.get(vehicle_id)

    def has_organ(self, organ_id: int) -> bool:
        return organ_id in self._parents

    def fitted(self, chosen: Selection) -> int:
        """How many vehicles with a unit belong to the organ and may be seen, wherever they are."""
        members = self.subtree(chosen.organ)
        return sum(
            1
            for one in self._fitted.values()
            if (members is None or one.organ_id in members)
            and may_see(chosen.scope, one.organ_id, one.home_division, confidential=one.confidential)
        )

    def everything(self, chosen: Selection) -> list[Entry]:
        members = self.subtree(chosen.organ)
        return [entry for entry in self._entries.values() if _matches(entry, chosen, members)]

    def since(self, tick: int, chosen: Selection) -> Delta:
        """What changed after `tick`."""
        if not self._steps or tick < self._steps[0].tick - 1:
            if tick == self.tick:
                return Delta([], [], full=False)
            return Delta(self.everything(chosen), [], full=True)
        before: dict[int, list[Entry]] = {}
        for step in reversed(self._steps):
            if step.tick <= tick:
                break
            for vehicle_id, entry in step.before.items():
                known = before.setdefault(vehicle_id, [])
                if entry is not None:
                    known.append(entry)
        members = self.subtree(chosen.organ)
        entries: list[Entry] = []
        gone: list[int] = []
        for vehicle_id, earlier in before.items():
            entry_now = self._entries.get(vehicle_id)
            if entry_now is not None and _matches(entry_now, chosen, members):
                entries.append(entry_now)
            elif any(_matches(entry, chosen, members) for entry in earlier):
                gone.append(vehicle_id)
        return Delta(entries, gone, full=False)

    def tick_of(self, revision: int) -> int | None:
        """The tick of a reader that has seen everything up to `revision`; None when that is too long ago."""
        if revision == self.revision and not self._steps:
            return self.tick
        found: int | None = None
        for step in reversed(self._steps):
            if step.revision < revision:
                return step.tick if found is None else found
            if step.revision == revision:
                found = step.tick
        return found

    def later_than(self, revision: int, chosen: Selection) -> Delta:
        """What has a later revision than a reader's: all that is known of changes from before this process began."""
        entries = [
            entry
            for entry in self.everything(chosen)
            if entry.item.revision > revision or entry.changed_at_revision >= revision > 0
        ]
        return Delta(entries, [], full=False)

    def subtree(self, organ_id: int | None) -> frozenset[int] | None:
        """The ids of an organ and of everything below it; None = all."""
        if organ_id is None:
            return None
        members = self._subtrees.get(organ_id)
        if members is None:
            children: dict[int, list[int]] = {}
            for one, parent in self._parents.items():
                if parent is not None:
                    children.setdefault(parent, []).append(one)
            found = {organ_id}
            waiting = [organ_id]
            while waiting:
                for child in children.get(waiting.pop(), ()):
                    if child not in found:
                        found.add(child)
                        waiting.append(child)
            members = self._subtrees[organ_id] = frozenset(found)
        return members


def may_see(scope: Scope, organ_id: int, home_division: int, *, confidential: bool) -> bool:
    """The scope's rule for a vehicle in memory; `fleet.store.scoped.vehicle_visible` is the same in SQL."""
    return (
        (scope.see_confidential or not confidential)
        and (scope.organs is None or organ_id in scope.organs)
        and (scope.division is None or home_division == scope.division)
    )


def _matches(entry: Entry, chosen: Selection, members: frozenset[int] | None) -> bool:
    item = entry.item
    if not may_see(chosen.scope, item.organ_id, item.home_division, confidential=entry.confidential):
        return False
    if members is not None and item.organ_id not in members:
        return False
    if chosen.division is not None and item.division != chosen.division:
        return False
    if chosen.box is not None:
        west, south, east, north = chosen.box
        return west <= item.lon <= east and south <= item.lat <= north
    return True
