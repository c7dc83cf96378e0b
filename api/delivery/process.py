"""Makes out deliveries for what was told, and delivers them: at least once, in about the order it happened.

What is due is put off before it is sent and settled after, so a kill at any moment sends again what it cannot know to
have arrived, with the same id. One works at a time; a second one waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api.cases.notices import notice_shown
from api.delivery.envelope import envelope
from api.delivery.patience import next_attempt
from api.delivery.post import GONE, Answer, Poster
from api.delivery.signing import headers
from api.live.fleet import may_see
from fleet.errors import InvalidSettings
from fleet.identity.permissions import Permission, may
from fleet.identity.scope import scope_of
from fleet.identity.totp_keys import WebhookKeys
from fleet.model.registry import OrganKind, Role
from fleet.model.scope import Scope
from fleet.store import notices, webhooks
from fleet.store.alone import in_rounds
from fleet.store.tokens import organs_below

log = logging.getLogger(__name__)

LOCK = 0x77686F6B  # "whok"
EACH, AT_ONCE = 2, 16
KEPT = timedelta(days=90)
TIDY_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Means:
    """What the process is given: the clock, chance in [0, 1), keys, and the one that posts."""

    now: Callable[[], datetime]
    chance: Callable[[], float]
    keys: WebhookKeys
    poster: Poster


class Deliveries:
    """`run()` until `stop()`."""

    def __init__(self, engine: AsyncEngine, means: Means) -> None:
        self._engine = engine
        self._means = means
        self._stopping = asyncio.Event()
        self._tidied_at: datetime | None = None
        self._served = 0  # the webhook that was served last

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        """Waits for a store that is away; anything else that fails ends the process."""
        await in_rounds(self._engine, LOCK, self.round, self._stopping)

    async def round(self, connection: AsyncConnection) -> int:
        """Makes out what was told, sends what is due; gives how much there was of both."""
        now = self._means.now()
        async with connection.begin():
            made_out = await webhooks.make_out(connection, now)
        async with connection.begin():
            due = await webhooks.take_due(connection, now, each=EACH, limit=AT_ONCE, after=self._served)
            scopes = {one["owner_id"]: await _scope(connection, one) for one in due}
        self._served = max((one["hook_id"] for one in due), key=self._turn, default=0)
        sent = await asyncio.gather(*(self._attempt(one, scopes[one["owner_id"]]) for one in due))
        async with connection.begin():
            # Webhooks before deliveries, as whoever removes one locks them.
            gone = {
                (one["hook_id"], one["hook_url"])
                for one, (_, _, answer) in zip(due, sent, strict=True)
                if _gone(answer)
            }
            for hook_id, url in sorted(gone):
                await webhooks.stop(connection, hook_id, url, "the receiver said that it is gone (HTTP 410)")
            for one, (at, took, answer) in zip(due, sent, strict=True):
                await self._settle(connection, one, at, took, answer)
        if self._tidied_at is None or now - self._tidied_at >= TIDY_EVERY:
            self._tidied_at = now
            async with connection.begin():
                await webhooks.forget_older(connection, now)
                await notices.forget(connection, now - KEPT, limit=1_000)
        return made_out + len(due)

    def _turn(self, hook_id: int) -> tuple[bool, int]:
        """The order in which webhooks take turns after the one that was served last."""
        return hook_id <= self._served, hook_id

    async def _attempt(self, one: RowMapping, scope: Scope | None) -> tuple[datetime, timedelta, Answer | None]:
        """When it began, how long it took, and the answer; None: its owner may not see this (any more)."""
        means, began = self._means, self._means.now()
        if scope is None or not one["hook_active"] or not _visible(scope, one):
            return began, timedelta(0), None
        try:
            keys = [means.keys.decrypt(one["hook_secret"], one["hook_id"])]
            if one["hook_older_secret"] is not None and one["hook_older_until"] > began:
                keys.append(means.keys.decrypt(one["hook_older_secret"], one["hook_id"]))
        except InvalidSettings as error:
            return began, timedelta(0), Answer(None, str(error))
        body = envelope(notice_shown(one))
        answer = await means.poster.post(one["hook_url"], body, headers(body, one["id"], began, keys))
        return began, means.now() - began, answer

    async def _settle(
        self, connection: AsyncConnection, one: RowMapping, at: datetime, took: timedelta, answer: Answer | None
    ) -> None:
        now = self._means.now()
        state, next_at = "delivered", None
        status, error = (None, "the webhook is off, or its account may not see this") if answer is None else answer[:2]
        if answer is None:
            state = "withheld"
        elif answer.error is not None:
            next_at = next_attempt(
                one["attempts"], one["since"], now, self._means.chance(), asked_for=answer.retry_after
            )
            next_at = None if _gone(answer) else next_at
            state = "dead" if next_at is None else "waiting"
        await webhooks.settle(
            connection,
            one["delivery_id"],
            n=one["attempts"],
            at=at,
            took_ms=round(took.total_seconds() * 1_000),
            status=status,
            error=error,
            state=state,
            next_at=next_at,
            now=now,
        )
        if state == "dead":
            log.warning("webhook %d: delivery %d is dead: %s", one["hook_id"], one["delivery_id"], error)


def _gone(answer: Answer | None) -> bool:
    return answer is not None and answer.status == GONE


async def _scope(connection: AsyncConnection, one: RowMapping) -> Scope | None:
    """What the owner may see now; None when nothing of cases."""
    role = Role(one["role"])
    if one["disabled_at"] is not None or not may(role, Permission.READ_CASES):
        return None
    organs = None
    if one["owner_organ_id"] is not None and one["owner_organ_kind"] != OrganKind.CITY.value:
        organs = await organs_below(connection, one["owner_organ_id"])
    return scope_of(role, organs)


def _visible(scope: Scope, one: RowMapping) -> bool:
    return may_see(scope, one["organ_id"], one["division"], confidential=one["confidential"])
