"""`fleet certificate`: a private authority, for trying out TLS and for sites without one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fleet.identity.certificates import Pair

app = typer.Typer(help="A small private authority: certificates for servers and clients.", no_args_is_help=True)

Directory = Annotated[Path, typer.Argument(help="Where the files are; made when it is not there", metavar="DIRECTORY")]
Days = Annotated[int, typer.Option(min=1, max=7300, help="For how long it is valid")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there already")]

AUTHORITY = "ca"


@app.command()
def authority(
    directory: Directory,
    name: Annotated[str, typer.Option(help="What it is called")] = "One Network private authority",
    days: Days = 3650,
    force: Force = False,
) -> None:
    """Make `ca.crt`, which everybody who checks needs, and `ca.key`, which signs: keep that one away from servers."""
    from fleet.commands.session import now
    from fleet.identity.certificates import new_authority

    _write(directory, AUTHORITY, new_authority(name, now=now(), days=days), force=force)


@app.command()
def server(
    directory: Directory,
    host: Annotated[
        list[str] | None, typer.Option(help="Name or address by which it is reached; may be repeated")
    ] = None,
    days: Days = 397,
    force: Force = False,
) -> None:
    """Make `server.crt` and `server.key`, for the broker or the API, signed by the authority in DIRECTORY."""
    from fleet.commands.session import now
    from fleet.identity.certificates import issue

    hosts = host or ["localhost", "127.0.0.1", "::1"]
    _write(directory, "server", issue(_authority(directory), hosts[0], hosts=hosts, now=now(), days=days), force=force)


@app.command()
def client(
    directory: Directory,
    name: Annotated[str, typer.Argument(help="The account it is for: a unit's code, gateway.NAME, service.ingest")],
    days: Days = 397,
    force: Force = False,
) -> None:
    """Make `NAME.crt` and `NAME.key` for a broker that demands client certificates, beside the password."""
    from fleet.commands.session import now
    from fleet.errors import InvalidSettings
    from fleet.identity.certificates import issue

    if "/" in name or name in (AUTHORITY, "server") or name.startswith("."):
        raise InvalidSettings(f"{name!r} is no name of an account")
    _write(directory, name, issue(_authority(directory), name, hosts=(), now=now(), days=days), force=force)


def _authority(directory: Path) -> Pair:
    from fleet.errors import InvalidSettings
    from fleet.identity.certificates import Pair

    try:
        return Pair(*((directory / f"{AUTHORITY}.{kind}").read_bytes() for kind in ("crt", "key")))
    except OSError as error:
        raise InvalidSettings(
            f"{error.filename} cannot be read ({error.strerror}): `fleet certificate authority {directory}` makes one"
        ) from None


def _write(directory: Path, name: str, pair: Pair, *, force: bool) -> None:
    from fleet.errors import Conflict, DependencyMissing
    from fleet.local.places import write_private

    certificate, key = directory / f"{name}.crt", directory / f"{name}.key"
    if not force and (certificate.exists() or key.exists()):
        raise Conflict(f"{certificate} or {key} is there already; --force replaces both")
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(key, pair.key.decode())
        write_private(certificate, pair.certificate.decode())
        certificate.chmod(0o644)
    except OSError as error:
        raise DependencyMissing(f"{error.filename} cannot be written: {error.strerror}") from None
    typer.echo(f"{certificate}\n{key}")
