"""Task forces: one task that takes many vehicles at once. Plain frozen data; all times are aware UTC.

Unlike an order, a task names what it needs and not whom: vehicles are called by need, answer, drive, and are released.
It drives first and is approved afterwards, like an emergency order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fleet.model.orders import Decision, PermittedArea, Place


class Answer(StrEnum):
    """To a call: of the vehicle's unit, or of a person for it."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


class RosterState(StrEnum):
    """How far a called vehicle has come. Each but the last two is left again when it goes on."""

    CALLED = "called"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"  # nobody answered in time; a later answer still counts
    DEPARTED = "departed"
    ON_SITE = "on_site"
    RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskNeed:
    """`count` vehicles of any of `bodies` (empty = any), with all of `equipment`, each for `seats` passengers."""

    n: int
    count: int
    bodies: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    seats: int = 0
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Its vehicles are wanted within `radius_m` of `place`, from `begins_at` up to `ends_at` (not included), and may
    drive in `area`. `approve_by`: without a decision until then what they drive counts as unapproved."""

    id: int
    version: int
    organ_id: int
    number: str
    commander_id: int
    created_at: datetime
    title: str
    why: str
    place: Place
    radius_m: int
    begins_at: datetime
    ends_at: datetime
    area: PermittedArea
    division: int | None
    approve_by: datetime
    decision: Decision
    decided_at: datetime | None
    decider_id: int | None
    decision_why: str | None
    closed_at: datetime | None
    needs: tuple[TaskNeed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A vehicle called for a need. `answer` is a person's for it, `unit_answer` its unit's; the person's stands.

    `departed_at`: the beginning of the first trip that was going on or began after the call; `arrived_at`: of the first
    stop at the place. `near`: whether it is at the place by its last position.
    """

    need: int
    vehicle_id: int
    called_at: datetime
    answer_by: datetime
    answer: Answer | None = None
    answered_at: datetime | None = None
    unit_answer: Answer | None = None
    unit_answered_at: datetime | None = None
    released_at: datetime | None = None
    departed_at: datetime | None = None
    arrived_at: datetime | None = None
    near: bool = False
