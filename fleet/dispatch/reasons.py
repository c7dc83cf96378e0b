"""Why something may not be done, is doubtful, or is better: data for programs, a sentence each for people."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

Value = int | float | str | bool | None


class Kind(StrEnum):
    """What kind of guard a reason comes from."""

    WHO = "who"  # this person may not
    STATE = "state"  # not at this point of the order's life
    WHEN = "when"  # not at this time
    DATA = "data"  # not with this content


class Reason(msgspec.Struct, frozen=True, gc=False):
    """`code` is stable; `value` is what the sentence is about; `field` names the part of the request, if it is one."""

    code: str
    zh: str
    en: str
    value: Value = None
    kind: Kind = Kind.DATA
    field: str | None = None


def who(code: str, zh: str, en: str, value: Value = None) -> Reason:
    return Reason(code, zh, en, value, Kind.WHO)


def state(code: str, zh: str, en: str, value: Value = None) -> Reason:
    return Reason(code, zh, en, value, Kind.STATE)


def when(code: str, zh: str, en: str, value: Value = None, field: str | None = None) -> Reason:
    return Reason(code, zh, en, value, Kind.WHEN, field)


def data(field: str | None, code: str, zh: str, en: str, value: Value = None) -> Reason:
    return Reason(code, zh, en, value, Kind.DATA, field)


def codes(reasons: Iterable[Reason]) -> list[str]:
    return [one.code for one in reasons]
