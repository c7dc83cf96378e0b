"""Spans of time that are asked for: `from` and `to`, or what is usual."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from api.errors import ApiProblem


def span_asked(
    begin: datetime | None, end: datetime | None, now: datetime, *, usual: timedelta, longest: timedelta
) -> tuple[datetime, datetime]:
    """[from, to) in UTC; without `to` up to now, without `from` as long as is usual. Raises ApiProblem (422)."""
    try:
        until = now if end is None else end.astimezone(UTC)
        since = until - usual if begin is None else begin.astimezone(UTC)
    except OverflowError:
        raise wrong("query.from, query.to: a moment outside the years 1 to 9999.") from None
    if not timedelta(0) < until - since <= longest:
        raise wrong(f"query.from, query.to: `from` before `to`, at most {longest.days} days apart.")
    return since, until


def wrong(detail: str) -> ApiProblem:
    """422: what the caller asked for is no span."""
    return ApiProblem(422, "invalid-request", "Invalid request", detail)
