"""What became of every message."""

from __future__ import annotations

from fleet.statistics.base import Part, Row, Source, Statistic, Unit

_NAMES = ("received", "stored", "duplicate", "quarantined")


def _messages(row: Row) -> dict[str, int]:
    return {name: row.figures[name] for name in _NAMES}


MESSAGE_ACCOUNTING = Statistic(
    slug="message_accounting",
    title_zh="报文入账率",
    title_en="Messages accounted for",
    definition_zh="期间内收到的样本中入库、重复与隔离三者之和所占比例；账目平衡时恒为 100 %。",
    definition_en=(
        "Samples that were stored, duplicates or kept in quarantine among all that were received in the period:"
        " 100 % while the books add up. Hours of receipt, whole."
    ),
    unit=Unit.PERCENT,
    decimals=4,
    parts=(
        Part("received", "samples", "收到", "Received"),
        Part("stored", "samples", "入库", "Stored"),
        Part("duplicate", "samples", "重复", "Duplicate"),
        Part("quarantined", "samples", "隔离", "In quarantine"),
    ),
    counts={Source.MESSAGES: _messages},
    quotient=lambda parts: (100 * (parts["stored"] + parts["duplicate"] + parts["quarantined"]), parts["received"]),
)
