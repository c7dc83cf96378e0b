"""What one caller may see: plain data, taken by every query that returns what belongs to somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Organs (an account's own and everything below it), and what a token narrows further. Hashable.

    `organs` None = the whole city, with units and refused messages that belong to no organ. `division` is a home
    division. `begin` and `end` (aware, end not included) bound every time that is asked for. Made by
    `fleet.identity.scope.scope_of`; there is no default, so that nobody gets the whole city by forgetting something.
    """

    organs: frozenset[int] | None
    see_confidential: bool
    unmask: bool = False
    division: int | None = None
    begin: datetime | None = None
    end: datetime | None = None
    read_only: bool = False

    @property
    def everywhere(self) -> bool:
        """Whether nothing is left out by organ or division; confidential vehicles are another question."""
        return self.organs is None and self.division is None

    def holds_organ(self, organ_id: int) -> bool:
        return self.organs is None or organ_id in self.organs

    def holds_moment(self, at: datetime) -> bool:
        return (self.begin is None or at >= self.begin) and (self.end is None or at < self.end)

    def clipped(self, begin: datetime | None, end: datetime | None) -> tuple[datetime | None, datetime | None]:
        """The part of [begin, end) that may be seen; it is empty where its begin is not before its end."""
        if self.begin is not None:
            begin = self.begin if begin is None else max(begin, self.begin)
        if self.end is not None:
            end = self.end if end is None else min(end, self.end)
        return begin, end


CITY = Scope(organs=None, see_confidential=True, unmask=False)
"""For the command line and the service's own work, which act for nobody: everything, phones masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How a token is narrower than its account. `organs`: the subtree of the token's organ; None = no limit."""

    organs: frozenset[int] | None = None
    division: int | None = None
    begin: datetime | None = None
    end: datetime | None = None
    read_only: bool = False


NO_LIMITS = Limits()
