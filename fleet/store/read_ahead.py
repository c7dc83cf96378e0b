"""Reads of rows that lie scattered: many pages asked of the disk at once instead of one after the other.

Rows lie in the order of arrival, so a vehicle's day is some 720 pages. An index scan waits for each of them; a bitmap
scan knows them all beforehand and can ask ahead. The planner does not count that, so it is told.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_AHEAD = text("select set_config('effective_io_concurrency', '64', true), set_config('enable_indexscan', 'off', true)")
_AS_USUAL = text("select set_config('enable_indexscan', 'on', true)")


@asynccontextmanager
async def read_ahead(connection: AsyncConnection) -> AsyncIterator[None]:
    """For the statements within, which must be in a transaction: index scans give way to bitmap scans."""
    await connection.execute(_AHEAD)
    yield
    await connection.execute(_AS_USUAL)
