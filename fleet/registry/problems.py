"""What is wrong, or doubtful, about one field of a record, said in Chinese and in English."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from fleet.errors import FleetError


class Severity(StrEnum):
    ERROR = "error"  # not stored
    WARNING = "warning"  # stored, and said


@dataclass(frozen=True, slots=True)
class Problem:
    """`field` is the record's name of it; `code` is stable, for programs; `zh` and `en` are for people."""

    field: str
    code: str
    severity: Severity
    zh: str
    en: str


def error(field: str, code: str, zh: str, en: str) -> Problem:
    return Problem(field, code, Severity.ERROR, zh, en)


def warning(field: str, code: str, zh: str, en: str) -> Problem:
    return Problem(field, code, Severity.WARNING, zh, en)


class Refused(FleetError):
    """A record is not stored because of the errors among `problems`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{one.field}: {one.en}" for one in self.problems))


def warnings_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The warnings. Raises Refused with all problems when there is an error among them."""
    every = tuple(problems)
    if any(one.severity is Severity.ERROR for one in every):
        raise Refused(every)
    return every
