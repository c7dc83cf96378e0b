"""Which step an order waits for, by what the interface says of it. Pure.

Nothing of this is remembered: after a restart of either side the answer to "which orders have I written" says how far
each has come, and a step that somebody else took meanwhile, a person or the road, is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulators.office.papers import Paper, Step

_OVER = frozenset({"settled", "cancelled", "rejected"})


@dataclass(frozen=True, slots=True)
class Seen:
    """An order as the interface shows it."""

    id: int
    reference: str
    state: str
    decision: str | None
    approvals: int
    given: bool  # a vehicle
    departed: bool
    returned: bool
    measured: bool  # the odometer at the return is known

    @classmethod
    def of(cls, shown: Mapping[str, Any]) -> Seen:
        """From `OrderShown`."""
        vehicles = shown.get("vehicles") or []
        return cls(
            id=int(shown["id"]),
            reference=str(shown.get("remarks") or ""),
            state=str(shown["state"]),
            decision=shown.get("decision"),
            approvals=sum(bool(one.get("approved")) for one in shown.get("approvals") or ()),
            given=bool(vehicles),
            departed=any(one.get("departed_at") for one in vehicles),
            returned=any(one.get("returned_at") for one in vehicles),
            measured=any(one.get("odometer_in_km") is not None for one in vehicles),
        )

    def done(self, step: Step) -> bool:
        match step:
            case Step.WRITE:
                return True
            case Step.SUBMIT:
                return self.state != "draft"
            case Step.APPROVE:
                return self.decision in ("approved", "rejected")
            case Step.ASSIGN:
                return self.given
            case Step.DEPART:
                return self.departed
            case Step.RETURN:
                return self.returned and self.measured
            case Step.SETTLE:
                return self.state == "settled"


def next_step(paper: Paper, seen: Seen | None) -> tuple[Step, float] | None:
    """The next step and when it is due; None when nothing is left to do. `seen` None = not written yet."""
    if seen is None:
        return paper.steps[0]
    if seen.state in _OVER:
        return None
    return next(((step, at) for step, at in paper.steps if not seen.done(step)), None)


def request_of(paper: Paper, step: Step, seen: Seen) -> tuple[str, dict[str, object]]:
    """The path below `/orders/{id}` and the body of a step.

    A return that is known from the road waits for the person's own, which adds the odometer; in an order that counts
    as returned the odometer is a correction.
    """
    if step is Step.RETURN and seen.state == "returned":
        body = {name: value for name, value in paper.bodies[step].items() if name not in ("at", "odometer_km")}
        body["odometer_in_km"] = paper.bodies[step]["odometer_km"]
        return "correct", {**body, "why": "补登里程与费用"}
    return step.value, paper.bodies.get(step, {})
