"""`fleet report`: the monthly report as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Write the monthly report of the city or of an organ as one HTML page.")


@app.callback(invoke_without_command=True)
def report(
    month: Annotated[str | None, typer.Option(help="Default: the last month that is over", metavar="YYYY-MM")] = None,
    organ: Annotated[str | None, typer.Option(help="Code of an organ, with all below it", metavar="CODE")] = None,
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
    out: Annotated[Path | None, typer.Option(help="File to write; default: standard output", dir_okay=False)] = None,
    confidential: Annotated[bool, typer.Option("--confidential", help="With confidential vehicles")] = False,
) -> None:
    """The same page as `GET /reports/monthly`; without confidential vehicles, unless told."""

    from sqlalchemy import select

    from fleet.commands.session import ACTOR, current_settings, now, owner_connection, run
    from fleet.errors import NotFound
    from fleet.model.scope import Scope
    from fleet.reports.months import month_named, month_over
    from fleet.reports.page import page
    from fleet.reports.words import Language
    from fleet.store.monthly import read_report
    from fleet.store.recompute import today
    from fleet.store.tables import organ as organ_table
    from fleet.store.tally_memory import TallyMemory

    moment = now()
    this_day = today(moment)
    first = month_over(this_day) if month is None else month_named(month)
    if first is None:
        raise typer.BadParameter(f"{month!r} is no month: write YYYY-MM")
    if first > this_day:
        raise typer.BadParameter("--month: it has not begun")
    if lang not in set(Language):
        raise typer.BadParameter("--lang: zh or en")

    async def work() -> str:
        async with owner_connection(current_settings()) as connection:
            organ_id = None
            if organ is not None:
                statement = select(organ_table.c.id).where(organ_table.c.code == organ)
                organ_id = (await connection.execute(statement)).scalar_one_or_none()
                if organ_id is None:
                    raise NotFound(f"There is no organ with the code {organ}.")
            scope = Scope(organs=None, see_confidential=confidential)
            made = await read_report(
                connection, first, organ_id, scope=scope, now=moment, by=ACTOR, memory=TallyMemory()
            )
            return page(made, Language(lang))

    written = run(work())
    if out is None:
        typer.echo(written)
    else:
        out.write_text(written, encoding="utf-8")
        typer.echo(f"{out}: {len(written.encode()) // 1024} KiB", err=True)
