"""Trips by their verdict."""

from __future__ import annotations

from fleet.model.verdicts import VerdictKind
from fleet.statistics.base import Part, Row, Source, Statistic, Unit

_WORDS = {
    VerdictKind.APPROVED: ("相符", "Approved"),
    VerdictKind.APPROVED_WITH_DEVIATION: ("有偏差", "Approved with deviation"),
    VerdictKind.EMERGENCY_PENDING: ("应急待补批", "Emergency, decision pending"),
    VerdictKind.EXEMPT: ("免单", "Exempt"),
    VerdictKind.UNDETERMINED: ("无法判定", "Undetermined"),
    VerdictKind.UNAPPROVED: ("无单", "Unapproved"),
}


def _verdicts(row: Row) -> dict[str, int]:
    return {kind.value: row.figures[kind.value] for kind in VerdictKind}


VERDICTS = Statistic(
    slug="verdicts",
    title_zh="行程对账",
    title_en="Trips by verdict",
    definition_zh="期间内开始的已对账行程中无单行程的比例；各判定的行程数并列。无法判定者不计入无单。",
    definition_en=(
        "Unapproved trips among all trips of the period that were held against orders; beside it the trips of each"
        " verdict. What cannot be determined accuses nobody."
    ),
    unit=Unit.PERCENT,
    decimals=2,
    parts=tuple(Part(kind.value, "trips", *_WORDS[kind]) for kind in VerdictKind),
    counts={Source.VERDICTS: _verdicts},
    quotient=lambda parts: (100 * parts[VerdictKind.UNAPPROVED], sum(parts.values())),
)
