"""Imports the bills of past days through the HTTP interface, as the offices' dispatchers do with what they are sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from fleet.errors import DependencyMissing
from simulators.bills import Bearer, Card, charging_sheet, fuel_sheet
from simulators.office.posts import OfficeAccount, Post
from simulators.roster import ApiAccount, UnitSpec, import_sheet
from simulators.vehicle import Vehicle

log = logging.getLogger(__name__)

_AGAIN_AFTER_S = 10.0


def bearers_of(
    roster: Iterable[UnitSpec], vehicles: Iterable[Vehicle], plates: Mapping[int, str], cards: Iterable[Card]
) -> list[Bearer]:
    """The roster's vehicles with their plates and cards; units without a vehicle are left out."""
    held: dict[int, list[Card]] = {}
    for card in cards:
        held.setdefault(card.vehicle_id, []).append(card)
    return [
        Bearer(vehicle, spec.division, plates[spec.vehicle_id], tuple(held.get(spec.vehicle_id, ())))
        for spec, vehicle in zip(roster, vehicles, strict=True)
        if spec.vehicle_id is not None and spec.vehicle_id in plates
    ]


class BillsFeed:
    """Call `send_up_to` now and then: it imports the sheets of the days up to there, each once.

    Begun anew, it sends the last day again, which changes nothing. While the API is away it waits for the next call.
    """

    def __init__(
        self,
        bearers: Sequence[Bearer],
        slices: Sequence[tuple[int, int]],
        done: int,
        offices: Iterable[OfficeAccount],
        account: ApiAccount,
        now: Callable[[], float],
    ) -> None:
        """`slices`: begin and end of each day; `done`: how many were sent before."""
        self._by_division: dict[int, list[Bearer]] = {}
        for one in bearers:
            self._by_division.setdefault(one.division, []).append(one)
        self._people = {one.division: one for one in offices if one.post is Post.DISPATCHER and one.organ is None}
        self._slices, self._sent = slices, max(0, done - 1)
        self._account, self._now = account, now
        self._not_before = 0.0

    def send_up_to(self, done: int) -> bool:
        """True once the first `done` days are imported."""
        while self._sent < done:
            if self._now() < self._not_before:
                return False
            try:
                self._send(*self._slices[self._sent])
            except DependencyMissing as error:
                log.warning("%s; again in %.0f s", error, _AGAIN_AFTER_S)
                self._not_before = self._now() + _AGAIN_AFTER_S
                return False
            self._sent += 1
        return True

    def _send(self, begin: int, end: int) -> None:
        for division, bearers in sorted(self._by_division.items()):
            person = self._people.get(division)
            if person is None:
                continue
            account = ApiAccount(self._account.url, person.username, person.password, self._account.tls)
            for path, sheet in (
                ("imports/fuel", fuel_sheet(bearers, begin, end)),
                ("imports/charging", charging_sheet(bearers, begin, end)),
            ):
                if sheet.count("\n") > 1:
                    import_sheet(account, path, sheet)
