"""What a receipt may promise, from the sequence numbers that are committed. Pure."""

from __future__ import annotations

from collections.abc import Sequence

MOST_HOLES = 16

Span = tuple[int, int]
"""First and last sequence number, both included."""


def covered_through(committed: Sequence[Span], oldest_seq: int | None) -> int | None:
    """The greatest `seq` such that every sample up to it is committed or declared gone; None while there is none.

    A unit that sends `oldest_seq` has declared everything below it gone. One that never sends it starts at 0 or at 1;
    if its first number is greater, what went before is unknown and nothing may be promised.
    """
    if oldest_seq is not None:
        through = oldest_seq - 1
    elif committed and committed[0][0] == 1:
        through = 0
    else:
        through = -1
    for first, last in committed:
        if first > through + 1:
            break
        through = max(through, last)
    # through == 0 without a committed 0 is possible only by the rule above, and then 1 was committed: through >= 1
    return through if through >= 0 else None


def holes(committed: Sequence[Span], oldest_seq: int | None, most: int | None = MOST_HOLES) -> list[Span]:
    """The spans missing above `covered_through` and below the greatest committed number, the lowest first."""
    through = covered_through(committed, oldest_seq)
    expected = 0 if through is None else through + 1
    missing: list[Span] = []
    for first, last in committed:
        if last < expected:
            continue
        if first > expected:
            missing.append((expected, first - 1))
            if most is not None and len(missing) == most:
                break
        expected = last + 1
    return missing
