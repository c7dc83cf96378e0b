"""`fleet replay`: makes the trips of a period again; shows what would differ, or has it written."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fleet.monitor.replay import Difference
    from fleet.settings import Settings

app = typer.Typer(invoke_without_command=True)

EXAMPLES = 10
_DAY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%z"]
_SHOWN = ("started_at", "ended_at", "distance_m", "driving_s", "radius_m", "metres_apart")


@app.callback()
def replay(
    begins: Annotated[datetime, typer.Option("--from", formats=_DAY, help="Begin; without an offset Asia/Shanghai")],
    ends: Annotated[datetime, typer.Option("--to", formats=_DAY, help="End, not included")],
    vehicle: Annotated[list[str] | None, typer.Option(help="A plate; may be given again. Default: all")] = None,
    write: Annotated[bool, typer.Option("--write", help="Have the monitor write it, with versions")] = False,
) -> None:
    """Fold the readings of a period again, by today's bindings and policies.

    Without --write nothing changes: the differences are counted and the first of them shown. With it the monitor takes
    the spans up, keeps what it replaces as versions with the reason `replay`, and this waits until it is done.
    """
    from fleet.commands.session import current_settings, run

    begins, ends = _aware(begins), _aware(ends)
    if begins >= ends:
        raise typer.BadParameter("--from must lie before --to")
    settings = current_settings()
    run(_write(settings, begins, ends, vehicle) if write else _show(settings, begins, ends, vehicle))


def _aware(moment: datetime) -> datetime:
    from fleet.model.moments import LOCAL

    return moment if moment.tzinfo is not None else moment.replace(tzinfo=LOCAL)


async def _show(settings: Settings, begins: datetime, ends: datetime, plates: list[str] | None) -> None:
    from time import perf_counter

    from fleet.monitor.replay import replay as compare
    from fleet.settings import assume_role

    url = assume_role(settings.require_database_url(), "fleet_owner")
    ids = await _vehicle_ids(settings, plates)
    counts: Counter[str] = Counter()
    examples: list[Difference] = []
    vehicles = readings = refused = 0
    began = perf_counter()
    async for one in compare(url, begins, ends, ids):
        vehicles += 1
        readings += one.readings
        refused += one.refused_to is not None
        for kind, same in one.same.items():
            counts[f"{kind} same"] += same
        for difference in one.differences:
            counts[f"{difference.kind} {difference.fate}"] += 1
        examples += one.differences[: EXAMPLES - len(examples)]
    for kind in ("trip", "stop", "gap"):
        same, changed, new, gone = (counts[f"{kind} {fate}"] for fate in ("same", "changed", "new", "gone"))
        typer.echo(f"{kind}s: {same} the same, {changed} changed, {new} new, {gone} gone")
    for difference in examples:
        typer.echo(f"  {_told(difference)}")
    if refused:
        typer.echo(f"{refused} vehicles cannot be made again from the beginning: raw readings are gone")
    typer.echo(f"{vehicles} vehicles, {readings} readings in {perf_counter() - began:.1f} s; nothing was written")


def _told(difference: Difference) -> str:
    row = difference.after or difference.before
    assert row is not None
    what = f"{difference.fate} {difference.kind} {row['id']} of vehicle {row['vehicle_id']}, {_said(row['started_at'])}"
    if difference.before is None or difference.after is None:
        return what
    changes = [
        f"{name} {_said(difference.before[name])} -> {_said(difference.after[name])}"
        for name in difference.columns
        if name in _SHOWN
    ]
    others = len(difference.columns) - len(changes)
    return f"{what}: " + ", ".join([*changes, *([f"{others} more"] if others else [])])


def _said(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S} UTC" if isinstance(value, datetime) else str(value)


async def _write(settings: Settings, begins: datetime, ends: datetime, plates: list[str] | None) -> None:
    import asyncio

    from sqlalchemy.dialects.postgresql import Range

    from fleet.commands.session import now, owner_connection
    from fleet.store.monitor_status import read_monitor_status
    from fleet.store.recompute import count_waiting, mark_organ, mark_vehicles

    ids = await _vehicle_ids(settings, plates)
    span = Range(begins, ends, bounds="[)")
    async with owner_connection(settings) as connection:
        if ids is None:
            await mark_organ(connection, None, [span], reason="replay", now=now())
        else:
            await mark_vehicles(connection, ids, [span], reason="replay", now=now())
        await connection.commit()
        while waiting := await count_waiting(connection, "replay"):
            status = await read_monitor_status(connection)
            await connection.rollback()
            if status is None or (now() - status.seen_at).total_seconds() > 30:
                typer.echo(f"{waiting} vehicles wait for the monitor, which does not run: start `fleet monitor`")
                raise typer.Exit(1)
            typer.echo(f"{waiting} vehicles left")
            await asyncio.sleep(2)
    typer.echo("written; what was replaced is kept as versions")


async def _vehicle_ids(settings: Settings, plates: list[str] | None) -> list[int] | None:
    from fleet.commands.session import owner_connection
    from fleet.store.vehicles import ids_of_plates

    if not plates:
        return None
    async with owner_connection(settings) as connection:
        found = await ids_of_plates(connection, plates)
    unknown = [plate for plate in plates if plate not in found]
    if unknown:
        raise typer.BadParameter(f"no vehicle has the plate {', '.join(unknown)}")
    return list(found.values())
