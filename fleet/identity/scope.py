"""From an account, and the limits of its token, to what the caller may see. Pure."""

from __future__ import annotations

from fleet.identity.permissions import Permission, may
from fleet.model.registry import Role
from fleet.model.scope import CITY, NO_LIMITS, Limits, Scope

__all__ = ["BOUND_TO_AN_ORGAN", "CITY", "NO_LIMITS", "Limits", "Scope", "mask_phone", "scope_of"]


BOUND_TO_AN_ORGAN = frozenset({Role.ORGAN_DISPATCHER, Role.APPROVER, Role.ORGAN_MANAGER})
"""Roles that mean nothing without an organ: an account that lacks one sees nothing instead of the whole city."""


def scope_of(role: Role, organs: frozenset[int] | None, limits: Limits = NO_LIMITS) -> Scope:
    """The scope of an account with this role and subtree of organs (None = the whole city), narrowed by `limits`.

    An account of a role that is bound to an organ, but has the whole city, is a mistake: it sees nothing.
    A limit never widens: the organs of a token that lie outside the account's are not in it.
    """
    if organs is None and role in BOUND_TO_AN_ORGAN:
        organs = frozenset()
    if limits.organs is not None:
        organs = limits.organs if organs is None else organs & limits.organs
    return Scope(
        organs=organs,
        see_confidential=may(role, Permission.SEE_CONFIDENTIAL),
        unmask=may(role, Permission.UNMASK),
        division=limits.division,
        begin=limits.begin,
        end=limits.end,
        read_only=limits.read_only,
    )


def mask_phone(phone: str | None) -> str | None:
    """`13812340417` as `138****0417`; what is too short to keep anything of is hidden whole."""
    if phone is None:
        return None
    if len(phone) < 9:
        return "*" * len(phone)
    return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"
