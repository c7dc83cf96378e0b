"""The steps of the usual order, and how a test takes or is refused them."""

from __future__ import annotations

import pytest

from fleet.dispatch import commands as c
from fleet.dispatch.commands import Actor, Command, Wanted
from fleet.dispatch.given import Rules
from fleet.dispatch.life import NotPossible, decide
from fleet.dispatch.reasons import codes
from fleet.model.orders import Order
from tests.fleet.dispatch.builders import (
    APPLICANT,
    APPROVER,
    CLERK,
    HOUR,
    NOW,
    given,
)

TWO = Rules(approval_levels=2)


def go(order: Order, *steps: tuple[Command, Actor], at: int = 0, rules: Rules | None = None) -> Order:
    """One command an hour from `at` hours on."""
    for hours, (command, actor) in enumerate(steps, start=at):
        order = decide(order, command, actor, given(NOW + hours * HOUR, rules=rules or Rules()))
    return order


def refused(order: Order, command: Command, actor: Actor, hours: float = 0, **more: object) -> list[str]:
    with pytest.raises(NotPossible) as caught:
        decide(order, command, actor, given(NOW + hours * HOUR, **more))
    assert all(one.zh and one.en and one.code for one in caught.value.reasons)
    return codes(caught.value.reasons)


SUBMIT = (c.Submit("O7-2026-0001"), APPLICANT)
APPROVE = (c.Approve(), APPROVER)
ASSIGN = (c.Assign((Wanted(100, 200),)), CLERK)
DEPART = (c.Depart(odometer_out_m=1_000_000), CLERK)
BACK = c.Return(account={"odometer_in_m": 1_080_000, "fuel_ml": 6_000, "tolls_fen": 4_500})
RETURN = (BACK, CLERK)
SETTLE = (c.Settle(), CLERK)
