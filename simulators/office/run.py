"""An office as long as its process lives: what it remembers of itself, and what it says once a minute."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from fleet.identity.tls import ClientTls
from simulators.office.desk import Desk
from simulators.office.posts import OfficeAccount
from simulators.office.sessions import Offices, open_offices
from simulators.office.source import Organs

log = logging.getLogger(__name__)

CLOSED_AFTER_S = 1_800.0
"""An office that was away for longer opens anew: what left meanwhile has no order, and gets none."""

_REPORT_EVERY_S = 60.0
_TICK_S = 0.2


@dataclass(slots=True)
class Diary:
    """When the office opened, when it was last at work, and how many of each step it took since it opened."""

    opened_at: float
    alive_at: float
    steps: dict[str, int] = field(default_factory=dict)

    @classmethod
    def opened(cls, path: Path, now: float) -> Diary:
        """The one that is kept there, or a new one where there is none, or none of today."""
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.MsgspecError):
            return cls(now, now)
        return kept if 0 <= now - kept.alive_at <= CLOSED_AFTER_S else cls(now, now)

    def keep(self, path: Path) -> None:
        """Replace the file in one step."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".partial")
        partial.write_bytes(msgspec.json.encode(self))
        partial.replace(path)


async def keep_office(
    organs: Organs,
    url: str,
    accounts: Sequence[OfficeAccount],
    tls: ClientTls,
    *,
    diary: Path,
    by_road: bool,
    now: Callable[[], float],
    stop: Callable[[], bool],
) -> None:
    """File the orders of all organs until `stop`. Raises NotAuthenticated without accounts, InvalidSettings when what
    answers is not the API."""
    written = Diary.opened(diary, now())
    async with open_offices(url, accounts, tls) as offices:
        desk = Desk(organs, offices, now=now, stop=stop, opened_at=written.opened_at, by_road=by_road)
        written.keep(diary)
        await desk.open()
        working = asyncio.create_task(desk.run())
        try:
            await _report(desk, offices, written, diary, now, lambda: stop() or working.done())
            await working
        finally:
            working.cancel()


async def _report(
    desk: Desk, offices: Offices, written: Diary, path: Path, now: Callable[[], float], stop: Callable[[], bool]
) -> None:
    before = dict(written.steps)
    sent, at = offices.sent, now()
    ended = False
    while not ended:
        until = at + _REPORT_EVERY_S
        await _until(until, now, stop)
        ended = stop()
        rate = (offices.sent - sent) / max(now() - at, 1e-3)
        sent, at = offices.sent, now()
        steps = {name: before.get(name, 0) + count for name, count in sorted(desk.counts.items())}
        written.alive_at, written.steps = now(), before | steps
        written.keep(path)
        said = ", ".join(f"{count} {name}" for name, count in sorted(desk.counts.items()))
        log.info("%d on the desk, %d due, %.1f requests/s; %s", desk.waiting, desk.due, rate, said or "nothing yet")


async def _until(moment: float, now: Callable[[], float], stop: Callable[[], bool]) -> None:
    left_s = moment - now()
    while left_s > 0 and not stop():
        await asyncio.sleep(min(left_s, _TICK_S))
        left_s = moment - now()
