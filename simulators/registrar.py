"""Tells the registry of units that are replaced, over the public interface, beside the fleet that must not wait."""

from __future__ import annotations

import logging
import queue
import threading
from datetime import UTC, datetime
from typing import Any

import httpx

from fleet.errors import DependencyMissing, FleetError
from simulators.roster import ApiAccount, logged_in, read_json
from simulators.workshop import Exchange

log = logging.getLogger(__name__)

MOST_WAITING = 100
ATTEMPTS = 4
PAUSE_S = 20.0
"""Between attempts: all of them before the unit is taken out (`workshop.ENTERED_BEFORE_S`)."""

NOTE = "更换终端"


class Registrar:
    """A thread that does what `ask` gave it, one after the other; `told` answers what the registry now knows.

    What fails is said in the log and not done: then the unit stays where it is. Call `close` at the end.
    """

    def __init__(self, account: ApiAccount, *, timeout_s: float = 20.0) -> None:
        """`account` may manage units."""
        self._account = account
        self._timeout_s = timeout_s
        self._ending = threading.Event()
        self._asked: queue.Queue[Exchange | None] = queue.Queue(MOST_WAITING)
        self._told: queue.Queue[Exchange] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="registrar", daemon=True)
        self._thread.start()

    def ask(self, exchange: Exchange) -> None:
        """Have it entered soon; while too much waits, it does not take place."""
        try:
            self._asked.put_nowait(exchange)
        except queue.Full:
            log.warning("unit %s stays in its vehicle: %d exchanges wait already", exchange.removed, MOST_WAITING)

    def told(self) -> list[Exchange]:
        """Those that were entered since the last call."""
        found = []
        while True:
            try:
                found.append(self._told.get_nowait())
            except queue.Empty:
                return found

    def close(self) -> None:
        """Ends after what it is about."""
        self._ending.set()
        try:
            self._asked.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(self._timeout_s)

    def _work(self) -> None:
        while (exchange := self._asked.get()) is not None:
            for left in reversed(range(ATTEMPTS)):
                if self._entered(exchange, left) or left == 0 or self._ending.wait(PAUSE_S):
                    break

    def _entered(self, exchange: Exchange, left: int) -> bool:
        """Whether there is nothing more to try."""
        try:
            with logged_in(self._account, self._timeout_s) as client:
                enter(client, exchange)
            self._told.put_nowait(exchange)
        except DependencyMissing as error:
            log.warning("unit %s is not replaced yet, %d attempts left: %s", exchange.removed, left, error)
            return False
        except (FleetError, LookupError, queue.Full) as error:
            log.warning("unit %s is not replaced: %s", exchange.removed, error)
        return True


def enter(client: httpx.Client, exchange: Exchange) -> None:
    """The other unit, the end of the old binding and the new one; the old unit is used no more.

    What an earlier attempt has entered is left as it is. Raises as `fetch_roster`, LookupError when the old unit does
    not sit in that vehicle.
    """
    fitted_at = datetime.fromtimestamp(exchange.fitted_at, UTC).isoformat()
    if (old := _unit(client, exchange.removed)) is not None:
        _leave(client, old, exchange.vehicle_id, fitted_at)
    new = _unit(client, exchange.fitted)
    if new is None:
        new = read_json(client.post("units", json={"code": exchange.fitted, "division": exchange.division}))
    if not _bindings(client, new):
        sitting = {"unit_id": new["id"], "vehicle_id": exchange.vehicle_id, "from": fitted_at, "note": NOTE}
        read_json(client.post("bindings", json=sitting))


def _leave(client: httpx.Client, unit: dict[str, Any], vehicle_id: int, at: str) -> None:
    """It sits in the vehicle until then, and is used no more."""
    sits = next((one for one in _bindings(client, unit) if one["vehicle_id"] == vehicle_id), None)
    if sits is None:
        raise LookupError(f"it does not sit in vehicle {vehicle_id}")
    if sits["to"] is None:
        _patch(client, f"bindings/{sits['id']}", sits["version"], {"to": at, "note": NOTE})
    # The last thing, for a retired unit is not listed any more.
    _patch(client, f"units/{unit['id']}", unit["version"], {"retired_at": at})


def _bindings(client: httpx.Client, unit: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read_json(client.get("bindings", params={"unit": unit["id"]}))["items"]
    return found


def _unit(client: httpx.Client, code: str) -> dict[str, Any] | None:
    found = read_json(client.get("units", params={"q": code, "limit": 100}))["items"]
    return next((one for one in found if one["code"] == code), None)


def _patch(client: httpx.Client, path: str, version: int, change: dict[str, Any]) -> None:
    headers = {"If-Match": f'"{version}"', "Content-Type": "application/merge-patch+json"}
    read_json(client.patch(path, json=change, headers=headers))
