"""The clerks: file what is due, in order of departure, a few at a time, and find again what they filed before.

Bounds: papers of three days at most, so many requests at once and so many a second. What the service cannot take now
waits, each time longer. What it refuses is looked at again: a step that somebody else took meanwhile is taken.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

from simulators.days.calendar import day_of
from simulators.office.agenda import Seen, next_step, request_of
from simulators.office.papers import Paper, Step
from simulators.office.posts import OfficeAccount, Post
from simulators.office.sessions import Answer, Away, Offices
from simulators.truth import moment

log = logging.getLogger(__name__)

OPENING_S = 1_800.0
"""While the office opens, it files no order for a vehicle that leaves before it could be approved."""

_AT_ONCE = 4
_MOST_A_SECOND = 20.0
_REMEMBERED_S = 3 * 86_400.0
_PAGE = 500
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_TRIES = 4
_AGAIN_S = 120.0
_LEAVES_SOON_S = 60.0
_BREATH_S = 0.02


class Source(Protocol):
    """Where papers come from: `Organs`."""

    @property
    def numbers(self) -> tuple[int, ...]: ...

    def papers(self, organ: int, day: date) -> list[Paper]: ...


@dataclass(slots=True)
class _Case:
    """A paper with how far it has come. `unsure`: it may have been written without an answer to it."""

    paper: Paper
    seen: Seen | None = None
    refused: int = 0
    unsure: bool = False


class Desk:
    """Runs until `stop` says so. `opened_at`: what left before is none of its business; `now` in Unix seconds.
    `by_road`: departures are known from the road, people file none.
    """

    def __init__(
        self,
        organs: Source,
        offices: Offices,
        *,
        now: Callable[[], float],
        stop: Callable[[], bool],
        opened_at: float,
        by_road: bool = False,
        look_every_s: float = 0.2,
    ) -> None:
        self._organs, self._offices = organs, offices
        self._now, self._stop = now, stop
        self._opened_at, self._by_road, self._look_every_s = opened_at, by_road, look_every_s
        self._known: dict[str, Seen] = {}  # from before we came
        self._to_plan: deque[tuple[date, int]] = deque()
        self._planned: date | None = None
        self._cases: dict[str, _Case] = {}
        self._waiting: list[tuple[float, str]] = []  # by when it is due
        self._ready: list[tuple[float, str]] = []  # by departure
        self._at_work: set[asyncio.Task[None]] = set()
        self._pause_s, self._paused_until = _SHORTEST_PAUSE_S, 0.0
        self._next_at = 0.0
        self.counts: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """Papers on the desk that are not finished."""
        return len(self._cases)

    @property
    def due(self) -> int:
        """Those of them whose next step is due."""
        return len(self._ready)

    @property
    def busy(self) -> bool:
        """Whether something is to be done at this moment, or being done."""
        now = self._now()
        due = self._waiting and self._waiting[0][0] <= now
        may_begin = self._ready and now >= max(self._paused_until, self._next_at)
        return bool(self._at_work or self._to_plan or due or may_begin or self._planned is None)

    async def open(self) -> None:
        """Find what was filed before; asks until the service answers."""
        for dispatcher in self._offices.dispatchers:
            cursor: str | None = None
            while not self._stop():
                try:
                    answer = await self._list(dispatcher, {} if cursor is None else {"cursor": cursor})
                except Away as error:
                    self._back_off(error)
                    await self._wait()
                    continue
                for item in answer.body.get("items") or ():
                    seen = Seen.of(item)
                    if seen.reference:
                        self._known[seen.reference] = seen
                cursor = answer.body.get("next_cursor")
                if cursor is None:
                    break
        log.info("%d orders were filed before", len(self._known))

    async def run(self) -> None:
        """Plan, file, wait; what is under way is finished before it ends."""
        while not self._stop():
            self._think()
            self._begin()
            busy = self._to_plan or self._ready
            await asyncio.sleep(min(_BREATH_S, self._look_every_s) if busy else self._look_every_s)
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=10.0)

    # ------------------------------------------------------------ planning

    def _think(self) -> None:
        """One organ's papers at a time; a new day brings those of the day after it."""
        today = day_of(self._now())
        if self._planned != today:
            first = self._planned is None
            days = (
                (today, today + timedelta(days=1), today - timedelta(days=1)) if first else (today + timedelta(days=1),)
            )
            self._planned = today
            self._to_plan.extend((day, organ) for day in days for organ in self._organs.numbers)
        if self._to_plan:
            day, organ = self._to_plan.popleft()
            for paper in self._organs.papers(organ, day):
                self._take_up(paper)
            if not self._to_plan:
                self._known.clear()
                log.info("%d orders are to be filed or followed", len(self._cases))

    def _take_up(self, paper: Paper) -> None:
        people = (
            self._offices.person(paper.division, paper.organ_id, post) for post in (Post.DISPATCHER, Post.APPROVER)
        )
        if None in people:
            self.counts["nobody to ask"] += 1
            return
        seen = self._known.get(paper.reference)
        if seen is None and paper.departs_at <= self._opened_at:
            # It left before the office opened; who is away for longer gets an order for the rest.
            if paper.goes_on_at is None or paper.goes_on_at <= self._now() + OPENING_S:
                return
            paper = paper.from_now(self._now())
        if self._by_road:
            paper = replace(paper, steps=tuple(one for one in paper.steps if one[0] is not Step.DEPART))
        if paper.reference not in self._cases and next_step(paper, seen) is not None:
            case = self._cases[paper.reference] = _Case(paper, seen)
            self._plan(case)

    def _plan(self, case: _Case, not_before: float = 0.0) -> None:
        """Put it where its next step says; a paper that needs no more is taken off the desk."""
        following = next_step(case.paper, case.seen)
        if following is None:
            self.counts["finished"] += 1
            del self._cases[case.paper.reference]
            return
        heapq.heappush(self._waiting, (max(following[1], not_before), case.paper.reference))

    # ------------------------------------------------------------ filing

    def _begin(self) -> None:
        now = self._now()
        while self._waiting and self._waiting[0][0] <= now:
            _, reference = heapq.heappop(self._waiting)
            heapq.heappush(self._ready, (self._cases[reference].paper.departs_at, reference))
        while self._ready and len(self._at_work) < _AT_ONCE and now >= max(self._paused_until, self._next_at):
            _, reference = heapq.heappop(self._ready)
            self._next_at = max(self._next_at + 1 / _MOST_A_SECOND, now - 1.0)
            task = asyncio.create_task(self._handle(self._cases[reference]))
            self._at_work.add(task)
            task.add_done_callback(self._put_down)

    def _put_down(self, task: asyncio.Task[None]) -> None:
        self._at_work.discard(task)
        if not task.cancelled():
            task.result()  # a bug ends the process

    async def _handle(self, case: _Case) -> None:
        following = next_step(case.paper, case.seen)
        assert following is not None
        step = following[0]
        try:
            if case.seen is None:
                answer = await self._write(case)
            else:
                answer = await self._take(case, case.seen, step)
        except Away as error:
            self._back_off(error)
            case.unsure = case.unsure or case.seen is None
            self._plan(case)
            return
        self._pause_s = _SHORTEST_PAUSE_S
        if answer is None:
            return
        if answer.status in (200, 201):
            case.seen, case.refused, case.unsure = Seen.of(answer.body), 0, False
            self.counts[step.value] += 1
            self._plan(case)
        else:
            await self._refused(case, step, answer)

    async def _write(self, case: _Case) -> Answer | None:
        paper, now = case.paper, self._now()
        if paper.in_time and now > paper.departs_at - _LEAVES_SOON_S and now < self._opened_at + OPENING_S:
            self._drop(case, "left while the office opened")
            return None
        dispatcher = self._person(paper, Post.DISPATCHER)
        if case.unsure:
            found = await self._find(paper, dispatcher)
            if found is not None:
                case.seen, case.unsure = found, False
                self._plan(case)
                return None
        return await self._offices.ask(dispatcher, "POST", "orders", paper.form)

    async def _take(self, case: _Case, seen: Seen, step: Step) -> Answer:
        post = Post.DISPATCHER
        if step is Step.APPROVE:
            post = Post.MANAGER if seen.approvals else Post.APPROVER
        name, body = request_of(case.paper, step, seen)
        return await self._offices.ask(self._person(case.paper, post), "POST", f"orders/{seen.id}/{name}", body)

    async def _refused(self, case: _Case, step: Step, answer: Answer) -> None:
        """Look again; what stays refused is given up after a while, and said."""
        case.refused += 1
        paper = case.paper
        if step is Step.ASSIGN and "driver_id" in paper.bodies[step] and case.refused == 1 and paper.driver_id:
            # The driver may be taken; then nobody records what is driven, and the order stands all the same.
            bodies: dict[Step, dict[str, object]] = {Step.ASSIGN: {"vehicle_id": paper.vehicle_id}}
            steps = tuple(one for one in paper.steps if one[0] not in (Step.DEPART, Step.RETURN, Step.SETTLE))
            case.paper = replace(paper, driver_id=None, bodies=bodies, steps=steps)
            self.counts["without a driver"] += 1
            self._plan(case)
            return
        seen = case.seen
        if seen is None or answer.status not in (409, 412) or case.refused >= _TRIES:
            log.warning("%s: %s is refused (%d %s)", paper.reference, step.value, answer.status, _why(answer))
            self._drop(case, f"{step.value} refused")
            return
        try:
            shown = await self._offices.ask(self._person(paper, Post.DISPATCHER), "GET", f"orders/{seen.id}")
        except Away as error:
            self._back_off(error)
            self._plan(case)
            return
        if shown.status != 200:
            self._drop(case, "gone")
            return
        case.seen = Seen.of(shown.body)
        moved = next_step(case.paper, case.seen) != next_step(case.paper, seen)
        self._plan(case, 0.0 if moved else self._now() + _AGAIN_S * 2 ** (case.refused - 1))

    def _drop(self, case: _Case, why: str) -> None:
        self.counts[why] += 1
        del self._cases[case.paper.reference]

    # ------------------------------------------------------------ asking

    def _person(self, paper: Paper, post: Post) -> OfficeAccount:
        found = self._offices.person(paper.division, paper.organ_id, post)
        assert found is not None  # papers without are not taken up
        return found

    async def _find(self, paper: Paper, dispatcher: OfficeAccount) -> Seen | None:
        """The order that may have been written when the answer was lost. Raises Away."""
        window = {"from": str(paper.form["planned_from"]), "to": str(paper.form["planned_to"])}
        cursor: str | None = None
        while True:
            answer = await self._list(dispatcher, {**window, **({} if cursor is None else {"cursor": cursor})})
            for item in answer.body.get("items") or ():
                if item.get("remarks") == paper.reference:
                    return Seen.of(item)
            cursor = answer.body.get("next_cursor")
            if cursor is None:
                return None

    async def _list(self, dispatcher: OfficeAccount, params: dict[str, str]) -> Answer:
        """A page of the orders that a dispatcher wrote. Raises Away."""
        since = moment(self._now() - _REMEMBERED_S)
        query: dict[str, str | int] = {"applicant": dispatcher.username, "limit": _PAGE, "from": since, **params}
        answer = await self._offices.ask(dispatcher, "GET", "orders", params=query)
        if answer.status != 200:
            raise Away(f"the API answers {answer.status} to {dispatcher.username!r}", _LONGEST_PAUSE_S)
        return answer

    def _back_off(self, error: Away) -> None:
        """Nobody asks anything for a while, each time longer, and as long as the service wants."""
        pause_s = max(self._pause_s, error.retry_after_s or 0.0)
        self._paused_until = max(self._paused_until, self._now() + pause_s)
        self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        self.counts["waited"] += 1
        log.warning("%s; next attempt in %.0f s", error, pause_s)

    async def _wait(self) -> None:
        """Until the service may be asked again, or we are stopped."""
        left_s = self._paused_until - self._now()
        while left_s > 0 and not self._stop():
            await asyncio.sleep(min(left_s, self._look_every_s))
            left_s = self._paused_until - self._now()


def _why(answer: Answer) -> str:
    return ", ".join(answer.codes) or answer.slug
