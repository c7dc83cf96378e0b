"""What holds for all vehicles, read once and again when it changed: organs, policies, local calendars."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.judging.vehicle import Policies
from fleet.model.findings import Parameter
from fleet.model.policies import POLICIES, PolicyVersion, lineage, resolve
from fleet.store.follow_registry import marks_of
from fleet.store.tables import calendar_entry, organ, policy_value
from fleet.workdays import Entry, WorkCalendar


@dataclass(slots=True)
class Rulebook:
    """`mark` tells a change. What is asked for an organ is worked out once, policies once between two versions."""

    mark: tuple[int, ...]
    parents: Mapping[int, int | None]
    versions: Mapping[str, Sequence[PolicyVersion]]
    entries: Mapping[int | None, Sequence[Entry]]
    _borders: list[datetime] = field(init=False)
    _policies: dict[tuple[int, int], Policies] = field(init=False, default_factory=dict)
    _calendars: dict[int, WorkCalendar] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._borders = sorted({version.effective_from for some in self.versions.values() for version in some})

    def lineage(self, organ_id: int) -> list[int]:
        """The organ, then the organs above it."""
        return lineage(organ_id, self.parents)

    def policies(self, organ_id: int, at: datetime) -> Policies:
        """Every policy as it holds for the organ at the moment."""
        key = (organ_id, bisect_right(self._borders, at))
        found = self._policies.get(key)
        if found is None:
            above = self.lineage(organ_id)
            resolved = {slug: resolve(policy, self.versions[slug], above, at) for slug, policy in POLICIES.items()}
            found = self._policies[key] = {
                slug: Parameter(slug, one.value, None if one.version is None else one.version.id)
                for slug, one in resolved.items()
            }
        return found

    def calendar(self, organ_id: int) -> WorkCalendar:
        """The announced one with what the city, the county and the organ add; the nearest says last."""
        found = self._calendars.get(organ_id)
        if found is None:
            entries = list(self.entries.get(None, ()))
            for above in reversed(self.lineage(organ_id)):
                entries += self.entries.get(above, ())
            found = self._calendars[organ_id] = WorkCalendar.of(entries)
        return found


_MARKS = text(
    "select "
    + ", ".join(
        (
            marks_of("policy_value", "max(id)"),
            marks_of("calendar_entry", "sum(version)"),
            marks_of("organ", "sum(version)"),
        )
    )
)


async def current_rulebook(connection: AsyncConnection, known: Rulebook | None) -> Rulebook:
    """`known`, if nothing has changed since it was read."""
    mark = tuple(int(value) for value in (await connection.execute(_MARKS)).one())
    return known if known is not None and known.mark == mark else await _read(connection, mark)


async def _read(connection: AsyncConnection, mark: tuple[int, ...]) -> Rulebook:
    organs = await connection.execute(select(organ.c.id, organ.c.parent_id))
    parents = {row.id: row.parent_id for row in organs}
    versions: dict[str, list[PolicyVersion]] = {slug: [] for slug in POLICIES}
    for row in await connection.execute(select(policy_value)):
        if row.slug in versions:
            versions[row.slug].append(PolicyVersion(row.id, row.slug, row.organ_id, row.value, row.effective_from))
    entries: dict[int | None, list[Entry]] = defaultdict(list)
    for row in await connection.execute(select(calendar_entry)):
        entries[row.organ_id].append(Entry(row.id, row.day, row.worked, row.name))
    return Rulebook(mark=mark, parents=parents, versions=versions, entries=dict(entries))
