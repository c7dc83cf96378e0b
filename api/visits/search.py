"""From candidates to visits: looks at tracks, newest trip first, until a page is full or enough was looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
import numpy as np
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.trips.wording import doubt_names
from fleet.model.moments import from_us, to_us
from fleet.model.readings import IMPLAUSIBLE
from fleet.model.scope import Scope
from fleet.store import visits
from fleet.store.visits import Key, Search
from fleet.tracks.packed import Way, unpack_way
from fleet.tracks.passages import Circle, Evidence, Passage, passages

MOST_EXAMINED = 1_000
_AT_ONCE = 200
_IMPLAUSIBLE = int(IMPLAUSIBLE)


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    vehicle_id: int
    plate: str
    kind: Literal["trip", "stop"]
    trip_id: int | None
    stop_id: int | None
    entered_at: datetime
    left_at: datetime | None
    began_inside: bool
    ended_inside: bool
    closest_m: float
    closest_at: datetime
    evidence: Evidence
    running: bool
    doubts: list[str]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """`last`: where the next page begins; None when there is none."""

    items: list[Visit]
    examined: int
    last: Key | None


class _Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """`row` is absent for a trip whose track has to be fetched."""

    key: Key
    kind: Literal["packed", "running", "stop"]
    row: RowMapping | None = None


async def find_visits(
    connection: AsyncConnection,
    search: Search,
    *,
    scope: Scope,
    after: Key | None,
    limit: int,
    most_examined: int = MOST_EXAMINED,
) -> Page:
    """Visits of visible vehicles in the period, at least `limit` unless fewer are left or enough was looked at."""
    candidates, complete = await _candidates(connection, search, scope, after, most_examined)
    found: list[Visit] = []
    examined = 0
    last: Key | None = None
    for batch in _batches(candidates):
        tracks = await _tracks(connection, batch)
        looked = await asyncio.to_thread(_look, batch, tracks, search, scope)
        for candidate, its_visits in zip(batch, looked, strict=True):
            # A trip and a stop may share a start and an id: never cut between them.
            if len(found) >= limit and candidate.key != last:
                return Page(items=found, examined=examined, last=last)
            found += its_visits
            examined += 1
            last = candidate.key
    return Page(items=found, examined=examined, last=None if complete else last)


async def _candidates(
    connection: AsyncConnection, search: Search, scope: Scope, after: Key | None, most: int
) -> tuple[list[_Candidate], bool]:
    """Up to `most` (a little more where keys are equal), newest first; and whether these are all."""
    packed = await visits.trip_candidates(connection, search, scope=scope, after=after, limit=most + 1)
    stops = await visits.stop_candidates(connection, search, scope=scope, after=after, limit=most + 1)
    running = await visits.running_trips(connection, search, scope=scope, after=after)
    everything = [
        *(_Candidate(key=key, kind="packed") for key in packed),
        *(_Candidate(key=(row["started_at"], row["id"]), kind="stop", row=row) for row in stops),
        *(_Candidate(key=(row["started_at"], row["id"]), kind="running", row=row) for row in running),
    ]
    everything.sort(key=lambda candidate: candidate.key, reverse=True)
    if len(everything) <= most:
        return everything, True
    border = everything[most - 1].key
    return [candidate for candidate in everything if candidate.key >= border], False


def _batches(candidates: Sequence[_Candidate]) -> Iterator[Sequence[_Candidate]]:
    for first in range(0, len(candidates), _AT_ONCE):
        yield candidates[first : first + _AT_ONCE]


async def _tracks(
    connection: AsyncConnection, batch: Sequence[_Candidate]
) -> dict[Key, tuple[Mapping[str, Any], Way | bytes]]:
    """The track of each candidate that is a trip, packed or already as a way."""
    ids = [candidate.key[1] for candidate in batch if candidate.kind == "packed"]
    tracks: dict[Key, tuple[Mapping[str, Any], Way | bytes]] = {}
    if ids:
        by_id = {row["id"]: row for row in await visits.trips_with_tracks(connection, ids)}
        for candidate in batch:
            if candidate.kind == "packed" and (row := by_id.get(candidate.key[1])) is not None:
                tracks[candidate.key] = (dict(row), row["packed"])
    spans = [
        (candidate.row["vehicle_id"], candidate.row["started_at"], candidate.row["known_to"])
        for candidate in batch
        if candidate.kind == "running" and candidate.row is not None
    ]
    if spans:
        ways = await visits.raw_ways(connection, spans)
        for candidate in batch:
            if candidate.kind == "running" and candidate.row is not None:
                row = candidate.row
                tracks[candidate.key] = (dict(row), _way_so_far(ways.get(row["vehicle_id"], []), row))
    return tracks


def _way_so_far(fixes: Sequence[tuple[datetime, int, int, int]], row: RowMapping) -> Way:
    """The good fixes of a running trip: neither implausible nor set aside."""
    aside = {one["at_us"] for one in row["set_aside"]}
    good = [(to_us(at), lat_e7, lon_e7) for at, lat_e7, lon_e7, flags in fixes if not flags & _IMPLAUSIBLE]
    columns = np.array([fix for fix in good if fix[0] not in aside], dtype=np.int64).reshape(-1, 3).T
    return Way(*columns)


def _look(
    batch: Sequence[_Candidate],
    tracks: Mapping[Key, tuple[Mapping[str, Any], Way | bytes]],
    search: Search,
    scope: Scope,
) -> list[list[Visit]]:
    """The visits of each candidate. Pure; unpacks tracks, so it runs beside the event loop."""
    looked: list[list[Visit]] = []
    for candidate in batch:
        if candidate.kind == "stop" and candidate.row is not None:
            looked.append(_standing(candidate.row, search.circle))
        elif candidate.key in tracks:
            row, track = tracks[candidate.key]
            way = unpack_way(track) if isinstance(track, bytes) else track
            looked.append(_driving(row, _held(way, scope), search))
        else:
            looked.append([])
    return looked


def _standing(row: RowMapping, circle: Circle) -> list[Visit]:
    closest_m = circle.distance_m(row["lat_e7"], row["lon_e7"])
    if closest_m > circle.radius_m:
        return []
    return [
        Visit(
            vehicle_id=row["vehicle_id"],
            plate=row["plate"],
            kind="stop",
            trip_id=None,
            stop_id=row["id"],
            entered_at=row["started_at"],
            left_at=row["ended_at"],
            began_inside=True,
            ended_inside=True,
            closest_m=round(closest_m, 1),
            closest_at=row["started_at"],
            evidence=Evidence.FIX,
            running=row["running"],
            doubts=doubt_names(row["doubts"]),
        )
    ]


def _driving(row: Mapping[str, Any], way: Way, search: Search) -> list[Visit]:
    bridged = [(one["from_us"], one["to_us"]) for one in row["bridged"]]
    begin_us, end_us = (to_us(moment) for moment in (search.begin, search.end))
    running = row["ended_at"] is None
    return [
        _visit(row, one, way, running)
        for one in passages(way, search.circle, bridged)
        if one.entered_us < end_us and one.left_us >= begin_us
    ]


def _visit(row: Mapping[str, Any], one: Passage, way: Way, running: bool) -> Visit:
    return Visit(
        vehicle_id=row["vehicle_id"],
        plate=row["plate"],
        kind="trip",
        trip_id=row["id"],
        stop_id=None,
        entered_at=from_us(one.entered_us),
        left_at=from_us(one.left_us),
        began_inside=one.entered_us == int(way.at_us[0]),
        ended_inside=one.left_us == int(way.at_us[-1]),
        closest_m=round(one.closest_m, 1),
        closest_at=from_us(one.closest_us),
        evidence=one.evidence,
        running=running,
        doubts=doubt_names(row["doubts"]),
    )


def _held(way: Way, scope: Scope) -> Way:
    """What of a way lies within the scope's period."""
    if scope.begin is None and scope.end is None:
        return way
    held = np.ones(len(way), dtype=np.bool_)
    if scope.begin is not None:
        held &= way.at_us >= to_us(scope.begin)
    if scope.end is not None:
        held &= way.at_us < to_us(scope.end)
    return Way(way.at_us[held], way.lat_e7[held], way.lon_e7[held])
