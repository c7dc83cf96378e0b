"""Private outings that several habits plan: somebody takes the vehicle for himself."""

from __future__ import annotations

from simulators.city import Site, SiteKind
from simulators.days.calendar import at_hour
from simulators.days.duties import stop_at
from simulators.days.model import Draft, Filing, Outing, Purpose, Subject, Today
from simulators.draws import Draws

AT_LEISURE = (SiteKind.HOUSING, SiteKind.MARKET, SiteKind.HOTEL, SiteKind.COMPANY)


def town_site(subject: Subject, draws: Draws, *kinds: SiteKind) -> Site:
    """A place in the vehicle's own town."""
    return draws.one_of(subject.city.sites_of(subject.county, draws.one_of(kinds)))


def can_move(subject: Subject) -> bool:
    """Whether the vehicle is in service."""
    return subject.spec.status.value == "in_service"


def add_outing(
    draft: Draft, today: Today, tag: str, hour: float, back: float, sites: list[tuple[Site, float]], filing: Filing
) -> None:
    """An outing at an hour to sites, each with its minutes."""
    draft.outings.append(
        Outing(
            Purpose.PRIVATE if filing is Filing.NONE else Purpose.NIGHT_DUTY,
            at_hour(today.day, hour),
            [stop_at(site, minutes) for site, minutes in sites],
            filing,
            back_by=at_hour(today.day, back),
            tags=(tag,),
        )
    )
