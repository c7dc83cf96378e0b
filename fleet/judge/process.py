"""Judges what became of the readings: a process of its own behind the fold, so that neither waits for the other.

It takes marks (vehicle, span, reason, when due) that the fold, orders and the registry leave in the transaction of
their change, and its own for what the clock alone may change; judges them; and commits results and the taking of the
marks together. After a kill at any point the same marks are there again, and the same judgement comes of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from fleet.judge import road
from fleet.judging.vehicle import Dossier, Judgement, judge
from fleet.model.verdicts import VerdictKind
from fleet.store import cases, deadlines, dossiers, judge_status, judgements, marks, sightings
from fleet.store.alone import in_rounds
from fleet.store.dossiers import Papers
from fleet.store.judgements import Judged
from fleet.store.marks import Lane, Mark, Reviews
from fleet.store.rulebook import Rulebook, current_rulebook

LOCK = 0x6A756467  # "judg"
_LANES = ((Lane.NOW, 100), (Lane.CHANGED, 25), (Lane.NOW, 100), (Lane.LONG, 3))
"""The passes of a round, each with its most vehicles: what happens now waits half a second for the rest."""
_HEARTBEAT_EVERY = timedelta(seconds=5)
_CLOCK_DOUBT_S = 5
_SHOWN_ANYWAY = timedelta(seconds=60)
"""The monitor brings running trips up to date more often than this: what needs a closer look only later is not watched
yet."""


class Judge:
    """`run()` until `stop()`. Only one works at a time; a second waits for the lock."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._stopping = asyncio.Event()
        self._rulebook: Rulebook | None = None
        self._status: dict[str, Any] = {"started_at": clock(), "round_at": None, "round_ms": 0, "vehicles": 0}
        self._said_at: datetime | None = None

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        """Waits for a store that is away; anything else that fails ends the process."""
        await in_rounds(self._engine, LOCK, self._work, self._stopping)

    async def _work(self, connection: AsyncConnection) -> int:
        """A round, the heartbeat, and what is late by now; gives how much of the first and the last there was."""
        began = self._clock()
        judged = await self.round(connection)
        async with connection.begin():
            await self._say(connection, began, judged)
            return judged + await deadlines.escalate(connection, self._clock())

    async def _say(self, connection: AsyncConnection, began: datetime, judged: int) -> None:
        """The heartbeat, every few seconds."""
        now = self._clock()
        if judged:
            took_ms = max(0, round((now - began).total_seconds() * 1_000))
            self._status |= {"round_at": now, "round_ms": took_ms, "vehicles": self._status["vehicles"] + judged}
        if self._said_at is None or now - self._said_at >= _HEARTBEAT_EVERY:
            self._said_at = now
            await judge_status.report(connection, {**self._status, "seen_at": now})

    async def round(self, connection: AsyncConnection) -> int:
        """Judges what is due, some vehicles of each lane in turn; gives how many there were.

        Each pass in a transaction of its own, so that what happens now waits neither for what an import or a change of
        policy has judged again by thousands, nor for years.
        """
        return sum([await self._pass(connection, lane, limit) for lane, limit in _LANES])

    async def _pass(self, connection: AsyncConnection, lane: Lane, limit: int) -> int:
        now = self._clock()
        async with connection.begin():
            taken = await marks.take_marks(connection, lane, now=now, limit=limit)
            if not taken:
                return 0
            # After the marks: a rulebook read before might lack the very change that left them.
            rulebook = self._rulebook = await current_rulebook(connection, self._rulebook)
            papers = await dossiers.read_papers(connection, taken, rulebook, now)
            await dossiers.read_running_tracks(connection, papers)
            judged = {one: self._judge(papers[one], taken[one], rulebook, now) for one in papers}
            await self._infer(connection, papers, judged, taken, rulebook, now)
            news = [Judged(papers[one], judgement, taken[one].why) for one, judgement in judged.items()]
            changed = await judgements.write_judgements(connection, news, now=now)
            await marks.keep_reviews(connection, [_reviews(one.papers, one.judgement) for one in news])
            for one in news:
                begun = [at for at in one.papers.holding if one.judgement.begin <= at < one.judgement.end]
                await marks.hold(connection, one.papers.vehicle_id, begun, now)
            await cases.follow(connection, changed, now=now)
            await sightings.leave(connection, road.news(papers, taken, rulebook, now), now)
            return len(taken)

    def _judge(self, papers: Papers, mark: Mark, rulebook: Rulebook, now: datetime) -> Judgement:
        return judge(_dossier(papers, rulebook, now), mark.begin, mark.end)

    async def _infer(
        self,
        connection: AsyncConnection,
        papers: Mapping[int, Papers],
        judged: dict[int, Judgement],
        taken: Mapping[int, Mark],
        rulebook: Rulebook,
        now: datetime,
    ) -> None:
        """Unapproved trips are held against orders of the organ whose own vehicle stood still."""
        open_ = [
            papers[one]
            for one, judgement in judged.items()
            if any(verdict.kind is VerdictKind.UNAPPROVED for verdict in judgement.verdicts.values())
        ]
        if not open_:
            return
        begin = min(judged[one.vehicle_id].begin for one in open_)
        end = max(judged[one.vehicle_id].end for one in open_)
        for vehicle_id, grants in (await dossiers.inferred_grants(connection, open_, rulebook, begin, end)).items():
            papers[vehicle_id].grants += grants
            judged[vehicle_id] = self._judge(papers[vehicle_id], taken[vehicle_id], rulebook, now)


def _reviews(papers: Papers, judgement: Judgement) -> Reviews:
    soon = None if papers.shown_to is None else papers.shown_to + _SHOWN_ANYWAY
    watches = [one for one in judgement.watches if soon is not None and one.due < soon]
    return Reviews(papers.vehicle_id, judgement.begin, judgement.end, judgement.reviews, watches)


def _dossier(papers: Papers, rulebook: Rulebook, now: datetime) -> Dossier:
    return Dossier(
        vehicle_id=papers.vehicle_id,
        home=papers.home,
        home_divisions_at=papers.home_divisions_at,
        segments=tuple(papers.segments),
        events=tuple(papers.events),
        grants=tuple(papers.grants),
        sealings=tuple(papers.sealings),
        calendar_at=lambda at: rulebook.calendar(papers.organ_at(at)),
        policies_at=lambda at: rulebook.policies(papers.organ_at(at), at),
        track_of=papers.track,
        clock_doubt_s=_CLOCK_DOUBT_S,
        now=now,
        held=papers.held,
    )
