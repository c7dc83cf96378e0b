"""Commands for onboard units: what is sent down, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class CommandState(StrEnum):
    """From queued to sent, and from either to one of the others. A withdrawn one stays so, whatever is answered."""

    QUEUED = "queued"  # no unit was reached yet
    SENT = "sent"  # the broker handed it to the unit's connection; no answer yet
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"  # by the unit, with its reason
    EXPIRED = "expired"  # nobody answered in time; an answer that comes later all the same counts
    WITHDRAWN = "withdrawn"  # by the service, before an answer


OPEN = (CommandState.QUEUED, CommandState.SENT)
"""States in which the service goes on sending."""


class CommandAnswer(StrEnum):
    """What a unit says to a command; the state of the command is called the same."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


LONGEST_REASON = 500
"""Characters of a unit's reason."""


class DueCommand(NamedTuple):
    """A command that is to be published now. `content`: the text of a JSON object."""

    id: int
    kind: str
    content: str
    created_at: datetime
    expires_at: datetime
    division: int
    unit: str
