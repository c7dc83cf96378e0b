"""What the commands that change the broker's accounts share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from fleet.commands.session import actor
from fleet.local.broker_files import apply_accounts, ensure_service, require_broker_directory
from fleet.settings import Settings
from fleet.store import audit
from fleet.store.broker_accounts import StoredBrokerAccount

# Mosquitto looks for signals between two waits of up to 100 ms.
_TAKEN_UP_S = 0.25


async def commit_and_apply(
    connection: AsyncConnection,
    settings: Settings,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Record and commit the change, then make it effective on the running broker before we return."""
    directory = require_broker_directory(settings)
    await ensure_service(connection, settings.mqtt_url)
    await audit.record(connection, account=actor(), action=action, subject=subject, detail=detail)
    await connection.commit()
    if await apply_accounts(connection, directory):
        await asyncio.sleep(_TAKEN_UP_S)
    else:
        typer.echo(
            f"The accounts are written to {directory}, but no running broker was found there:"
            " send it SIGHUP, or start it, to make them effective.",
            err=True,
        )


def gateway_state(stored: StoredBrokerAccount | None) -> dict[str, Any] | None:
    """A gateway's account for the audit log: never its password or its hash."""
    if stored is None:
        return None
    return {"division": stored.account.division, "revoked": stored.revoked_at is not None}


def print_credentials(username: str, password: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"username": username, "password": password}))
    else:
        typer.echo(f"username  {username}\npassword  {password}")
        typer.echo("The password is shown this once; only its hash is kept.", err=True)
