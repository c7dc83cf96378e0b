"""What one transaction of ingest writes: rows, counts, refusals, receipts. Pure data.

Made by `ingest.batch`, which knows nothing of a database; written by `fleet.store.ingest`. A test holds the column
lists below against the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleet.model.downlink import CommandAnswer
from fleet.model.moments import from_us
from fleet.model.readings import Kind, Reason

READING_TABLE = {Kind.POSITION: "position_reading", Kind.USAGE: "usage_reading", Kind.EVENT: "event_reading"}
READING_COLUMNS = {
    "position_reading": (
        *("observed_at", "batch", "seq", "unit_id", "run", "lat_e7", "lon_e7", "division", "odometer_m"),
        *("speed_dkmh", "heading_deg", "altitude_m", "hdop_tenths", "satellites", "flags", "ignition"),
    ),
    "usage_reading": (
        *("observed_at", "batch", "seq", "unit_id", "run", "odometer_m", "fuel_level_ml", "fuel_used_ml"),
        *("energy_used_wh", "energy_charged_wh", "engine_s", "fuel_level_permille", "soc_permille"),
        *("charging", "ignition"),
    ),
    "event_reading": ("observed_at", "batch", "seq", "unit_id", "run", "event", "detail"),
}
"""Every column of each table in its order; a staged row has all of them but `batch`, which the store gives."""

LATEST_COLUMNS = {
    "position_reading": (
        *("unit_id", "observed_at", "lat_e7", "lon_e7", "division", "speed_dkmh", "heading_deg", "altitude_m"),
        *("flags", "ignition", "odometer_m"),
    ),
    "usage_reading": (
        *("unit_id", "observed_at", "odometer_m", "fuel_level_permille", "fuel_level_ml", "soc_permille", "charging"),
    ),
}
"""What of a unit's newest reading goes into its latest state."""

BOOLEANS = ("ignition", "charging")

IDENTITY_COLUMNS = {
    "position_reading": ("unit_id", "observed_at", "run", "seq"),
    "usage_reading": ("unit_id", "observed_at", "run", "seq"),
    "event_reading": ("unit_id", "observed_at", "run", "seq", "event"),
}

Row = tuple[Any, ...]


def hour_of(instant: datetime) -> datetime:
    """The ledger's hour in which `instant` lies."""
    return instant.replace(minute=0, second=0, microsecond=0)


def spans(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """The numbers as sorted spans, first and last included: [1, 2, 3, 7] -> [(1, 3), (7, 7)]."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number <= found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


class LedgerKey(NamedTuple):
    hour: datetime  # of receipt, truncated
    unit_id: int  # 0 = not a known unit
    kind: int  # KIND_NUMBERS; 0 = topic outside the grammar


@dataclass(slots=True)
class Count:
    received: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0


class QuarantineRow(NamedTuple):
    received_at: datetime
    topic: str
    payload: bytes
    reasons: tuple[Reason, ...]
    key: LedgerKey


class ReceiptKey(NamedTuple):
    division: int
    unit: str
    kind: int
    run: int


@dataclass(slots=True)
class ReceiptGain:
    """Sequence numbers that are committed with the batch: one by one, and as spans, both ends included."""

    numbers: list[int]
    oldest_seq: int | None
    observed_at: datetime
    spans: list[tuple[int, int]] = field(default_factory=list)

    def raise_to(self, oldest_seq: int | None, observed_at: datetime) -> None:
        """The greatest of each holds."""
        if oldest_seq is not None and (self.oldest_seq is None or oldest_seq > self.oldest_seq):
            self.oldest_seq = oldest_seq
        self.observed_at = max(self.observed_at, observed_at)


class StatusRow(NamedTuple):
    unit_id: int
    online: bool
    at: datetime  # of receipt: a last will has no clock of its own, and only ours tells which word was the last
    redelivered: tuple[LedgerKey, ...]  # who counted those of its messages that repeat a retained one


class AnswerRow(NamedTuple):
    """What a unit said to a command that it says it was sent."""

    command_id: int
    unit_id: int
    answer: CommandAnswer
    reason: str | None
    observed_at: datetime
    received_at: datetime
    key: LedgerKey
    origin: Any  # opaque here, as in Staged


@dataclass(slots=True, eq=False)
class Book:
    """Ledger rows of one kind in columns: what was received of it, and what became of that within the batch."""

    kind: int
    hours: list[datetime]  # that occur
    hour_of: NDArray[np.int64]  # for each row which of `hours`
    unit_ids: NDArray[np.int64]
    received: NDArray[np.int64]
    duplicate: NDArray[np.int64]
    quarantined: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.unit_ids)

    def key(self, row: int) -> LedgerKey:
        return LedgerKey(self.hours[self.hour_of[row]], int(self.unit_ids[row]), self.kind)


@dataclass(slots=True, eq=False)
class ReceiptColumns:
    """What receipts gain, in columns: of each one span of numbers, both ends included, that is committed."""

    kind: int
    divisions: NDArray[np.int64]
    units: NDArray[np.bytes_]
    runs: NDArray[np.int64]
    firsts: NDArray[np.int64]
    lasts: NDArray[np.int64]
    oldest: NDArray[np.int64]  # -1 = not said
    observed_us: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.runs)


@dataclass(slots=True, eq=False)
class Columns:
    """Rows in columns of whole numbers."""

    values: dict[str, NDArray[np.int64]]  # moments in microseconds since 1970, booleans as 0 and 1
    known: dict[str, NDArray[np.bool_]]  # of the columns in which some are null: which are not

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Columns) and self.rows() == other.rows()

    __hash__ = None  # type: ignore[assignment]

    def chosen(self, names: Sequence[str], places: NDArray[np.intp]) -> Columns:
        """These columns of these rows."""
        return Columns(
            {name: self.values[name][places] for name in names},
            {name: self.known[name][places] for name in names if name in self.known},
        )

    def rows(self) -> list[Row]:
        """As tuples of all columns in their order."""
        return list(zip(*(self._column(name) for name in self.values), strict=True))

    def _column(self, name: str) -> list[Any]:
        column: list[Any] = self.values[name].tolist()
        if name == "observed_at":
            return [from_us(value) for value in column]
        if name in BOOLEANS:
            column = [bool(value) for value in column]
        if name in self.known:
            known = self.known[name].tolist()
            column = [value if there else None for value, there in zip(column, known, strict=True)]
        return column


@dataclass(slots=True, eq=False)
class Block:
    """Rows of one hypertable in columns, for each of its columns but `batch`, sorted by unit."""

    table: str
    values: dict[str, NDArray[np.int64]]  # as in `Columns`
    known: dict[str, NDArray[np.bool_]]
    keys: list[LedgerKey]
    key_of: NDArray[np.int64]  # for each row which row of `book`, or behind them which of `keys`, counts it
    origin_of: Callable[[int], Any]  # of a row; `BatchWrite.quarantine_of` understands it
    arrival: NDArray[np.intp]  # for each row its place in the order of arrival
    book: Book | None = None

    def __len__(self) -> int:
        return len(self.key_of)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Block) and (self.table, self.rows()) == (other.table, other.rows())

    __hash__ = None  # type: ignore[assignment]

    @property
    def columns(self) -> Columns:
        return Columns(self.values, self.known)

    def rows(self) -> list[Row]:
        return self.columns.rows()


@dataclass(slots=True)
class Staged:
    """Rows for one hypertable: in a block, or as tuples in its column order without `batch`, each with its ledger row
    and its origin."""

    rows: list[Row] = field(default_factory=list)
    keys: list[LedgerKey] = field(default_factory=list)
    origins: list[Any] = field(default_factory=list)  # opaque here; `BatchWrite.quarantine_of` understands it
    block: Block | None = None

    def __len__(self) -> int:
        return len(self.rows) + (0 if self.block is None else len(self.block))

    def every_row(self) -> list[Row]:
        return self.rows if self.block is None else self.block.rows()


@dataclass(slots=True)
class BatchWrite:
    """Everything one transaction has to write. `counts` and the books of the blocks hold what was received and what was
    already decided; the store adds stored, duplicates and conflicts. What receipts gain is in `receipts`, and what is
    one span for each in `receipt_columns`."""

    received_at: datetime
    messages: int
    unknown_fields: int
    staged: dict[Kind, Staged]
    counts: dict[LedgerKey, Count]
    quarantine: list[QuarantineRow]
    receipts: dict[ReceiptKey, ReceiptGain]
    statuses: list[StatusRow]
    quarantine_of: Callable[[Any, Reason], QuarantineRow]
    receipt_columns: list[ReceiptColumns] = field(default_factory=list)
    latest: dict[str, Columns] = field(default_factory=dict)  # LATEST_COLUMNS of each table, a row for each unit
    answers: list[AnswerRow] = field(default_factory=list)
    resolved: list[tuple[int, LedgerKey]] = field(default_factory=list)  # quarantine rows this batch retries
    observed_from: datetime | None = None
    observed_to: datetime | None = None
