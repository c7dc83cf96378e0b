"""What goes wrong between a unit and the service, drawn from a seed. Pure: it says when and what, others do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from fleet.errors import InvalidSettings

_GARBLED_BYTE = b"\xff"


@dataclass(frozen=True, slots=True)
class FaultRates:
    """Chances: of a message (drop … garble), of a unit (skew), of a unit in an hour (outage, reboot, jump)."""

    drop: float = 0.0  # taken by the broker, then lost
    duplicate: float = 0.0  # delivered twice
    delay: float = 0.0  # delivered 2 to 60 s late
    reorder: float = 0.0  # overtaken by what was sent up to 3 s later
    garble: float = 0.0  # cut short, or with a byte that is no JSON
    skew: float = 0.0  # the unit's clock is wrong by up to a day
    outage: float = 0.0  # out of reach for 1 to 20 minutes
    reboot: float = 0.0  # restarts: a new run
    jump: float = 0.0  # its clock jumps: from right to wrong by up to a day, or back

    def changed(self, rates: Mapping[str, float | None]) -> FaultRates:
        """These rates with the given ones (not None) in their place. Raises InvalidSettings outside 0 to 1."""
        given = {name: rate for name, rate in rates.items() if rate is not None}
        for name, rate in given.items():
            if not 0 <= rate <= 1:
                raise InvalidSettings(f"the chance of {name} must lie between 0 and 1, not {rate}")
        return replace(self, **given)

    @property
    def any(self) -> bool:
        return any(getattr(self, name) for name in FAULTS)


FAULTS = tuple(one.name for one in fields(FaultRates))

PROFILES: dict[str, FaultRates] = {
    "none": FaultRates(),
    "light": FaultRates(
        drop=0.002, duplicate=0.002, delay=0.005, reorder=0.005, garble=0.0005, skew=0.005, outage=0.1, reboot=0.02
    ),
    "heavy": FaultRates(
        drop=0.05, duplicate=0.05, delay=0.08, reorder=0.1, garble=0.02, skew=0.05, outage=2.0 / 3, reboot=0.25
    ),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that arrives `after_s` later than it was sent, perhaps not as it was sent."""

    after_s: float
    payload: bytes


class FaultyWire:
    """The faults of one unit: the same generator state and messages give the same faults."""

    def __init__(self, rates: FaultRates, rng: np.random.Generator) -> None:
        self._rates, self._rng = rates, rng
        self.counts: dict[str, int] = dict.fromkeys(FAULTS, 0)
        self.clock_offset_s = 0.0
        if self._happens("skew"):
            self.clock_offset_s = self._wrong_by_s()

    def carry(self, payload: bytes) -> list[Delivery]:
        """What becomes of one message: nothing, or one or two deliveries."""
        if self._happens("drop"):
            return []
        if self._happens("garble"):
            payload = self._garbled(payload)
        after_s = 0.0
        if self._happens("delay"):
            after_s = float(self._rng.uniform(2, 60))
        elif self._happens("reorder"):
            after_s = float(self._rng.uniform(0.2, 3))
        deliveries = [Delivery(after_s, payload)]
        if self._happens("duplicate"):
            deliveries.append(Delivery(after_s + float(self._rng.uniform(0, 20)), payload))
        return deliveries

    def outage_s(self, hours: float) -> float | None:
        """How long the unit is out of reach from now on, if an outage began within the last `hours`."""
        if not self._happens("outage", hours):
            return None
        return float(self._rng.uniform(60, 1_200))

    def reboots(self, hours: float) -> bool:
        """Whether the unit restarted within the last `hours`."""
        return self._happens("reboot", hours)

    def clock_jumps(self, hours: float) -> bool:
        """Whether the unit's clock jumped within the last `hours`; then `clock_offset_s` is another."""
        jumps = self._happens("jump", hours)
        if jumps:
            self.clock_offset_s = 0.0 if self.clock_offset_s else self._wrong_by_s()
        return jumps

    def _wrong_by_s(self) -> float:
        """Most wrong clocks are minutes off; ingest refuses those that lead by more than ten."""
        return float(self._rng.choice([-1, 1]) * 10 ** self._rng.uniform(0.5, 4.9))

    def _happens(self, name: str, share: float = 1.0) -> bool:
        rate = getattr(self._rates, name) * share
        happens = bool(rate > 0 and self._rng.random() < rate)
        self.counts[name] += happens
        return happens

    def _garbled(self, payload: bytes) -> bytes:
        """Never a sample with other content: that would be a lie, not a fault of the wire."""
        at = int(self._rng.integers(1, max(2, len(payload))))
        if self._rng.random() < 0.5:
            return payload[:at]
        return payload[:at] + _GARBLED_BYTE + payload[at + 1 :]
