"""What a batch counts and what receipts gain by it, whether it holds them as rows or in columns."""

from __future__ import annotations

from fleet.model.batch import BatchWrite, Count, LedgerKey, ReceiptGain, ReceiptKey
from fleet.model.moments import from_us


def every_count(batch: BatchWrite) -> dict[LedgerKey, Count]:
    """`counts` and the books together."""
    found = {key: Count(one.received, one.stored, one.duplicate, one.quarantined) for key, one in batch.counts.items()}
    for staged in batch.staged.values():
        book = staged.block.book if staged.block is not None else None
        for row in range(len(book) if book is not None else 0):
            assert book is not None
            count = found.setdefault(book.key(row), Count())
            count.received += int(book.received[row])
            count.duplicate += int(book.duplicate[row])
            count.quarantined += int(book.quarantined[row])
    return found


def every_receipt(batch: BatchWrite) -> dict[ReceiptKey, ReceiptGain]:
    """`receipts` and `receipt_columns` together."""
    found = {
        key: ReceiptGain(list(one.numbers), one.oldest_seq, one.observed_at, list(one.spans))
        for key, one in batch.receipts.items()
    }
    for columns in batch.receipt_columns:
        for row in range(len(columns)):
            unit = columns.units[row].decode()
            key = ReceiptKey(int(columns.divisions[row]), unit, columns.kind, int(columns.runs[row]))
            observed_at = from_us(int(columns.observed_us[row]))
            gain = found.setdefault(key, ReceiptGain([], None, observed_at))
            gain.spans.append((int(columns.firsts[row]), int(columns.lasts[row])))
            oldest = int(columns.oldest[row])
            gain.raise_to(oldest if oldest >= 0 else None, observed_at)
    return found
