"""Moments as the product counts them: microseconds since 1970 UTC, and the city's clock and day.

The fleet's day runs from 04:00 to 04:00 in Asia/Shanghai: an hour after midnight belongs to the evening before.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_MICROSECOND = timedelta(microseconds=1)
_DAY_US = 86_400_000_000
_STARTS_UTC_US = 20 * 3_600_000_000  # 04:00 there is 20:00 UTC of the day before: no summer time since 1991


def to_us(moment: datetime) -> int:
    """Of an aware moment."""
    return (moment - EPOCH) // _MICROSECOND


def from_us(moment_us: int) -> datetime:
    """Aware, UTC."""
    return EPOCH + timedelta(microseconds=moment_us)


def day_of(moment_us: int) -> date:
    """The fleet's day in which a moment lies."""
    return date(1970, 1, 1) + timedelta(days=(moment_us - _STARTS_UTC_US) // _DAY_US + 1)


def day_begins_us(day: date) -> int:
    """The moment at which a fleet's day begins; the one before ends there."""
    return ((day - date(1970, 1, 1)).days - 1) * _DAY_US + _STARTS_UTC_US
