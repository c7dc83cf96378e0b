"""Whose accounts the people of the offices use. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Post(StrEnum):
    """What a person of an office does there."""

    DISPATCHER = "dispatcher"  # applies for those without an account, assigns, records, settles
    APPROVER = "approver"
    MANAGER = "manager"  # approves at the second level


@dataclass(frozen=True, slots=True)
class OfficeAccount:
    """A person's account: for all organs of a division, or for one `organ` of it."""

    username: str
    password: str
    division: int
    post: Post
    organ: int | None = None
