"""What `fleet up` puts into an empty house before the doors open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fleet.local.mosquitto import Mosquitto
from fleet.settings import Settings


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the demonstration, printed once everything runs."""

    name: str
    password: str
    role: str


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What the supervisor needs to know of the city.

    `environment` maps the name of a part (`simulators`, `ingest`, ...) to settings for it alone; `background` is the
    module, with arguments, of one more child process that runs once, such as `("fleet.demonstration", "history")`.
    """

    accounts: tuple[Account, ...] = ()
    environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    background: tuple[str, ...] = ()


async def prepare_city(settings: Settings, broker: Mosquitto | None, say: Callable[[str], None]) -> Demonstration:
    """Called by `fleet up` after the migrations and before the services, with every address filled in.

    `broker` is the private one, already running, or None; `say` prints one line of progress.
    """
    return Demonstration()
