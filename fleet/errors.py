"""Every error of the product, in one tree. It knows no HTTP and no SQL.

FleetError
├── InvalidSettings          a setting is missing or wrong; the process ends with exit code 2
├── DependencyMissing        a program, library or server that is needed is not there; exit code 3
├── StoreUnavailable         the database cannot be reached or is not ready: keep the work, back off, try again
├── BrokerUnavailable        the MQTT broker cannot be reached: back off, try again
├── InvalidPayload           a message cannot be read: quarantine it, acknowledge it
├── InvalidTopic             a topic lies outside the grammar: quarantine, acknowledge
├── CorruptTrack             stored bytes are no packed track: restore them, or replay the trip while readings are kept
├── NotFound                 the thing asked for does not exist, or is outside the asker's scope
├── Conflict                 the change contradicts what is stored
└── NotAllowed               who asks may not do this
    └── NotAuthenticated     who asks is not known

Anything else that is raised is a bug: it ends the process, the supervisor restarts it, the broker redelivers.
"""

from __future__ import annotations


class FleetError(Exception):
    """Base of all; `str(error)` is a sentence for the reader: what happened, where, what to do."""

    exit_code = 1


class InvalidSettings(FleetError):
    exit_code = 2


class DependencyMissing(FleetError):
    exit_code = 3


class StoreUnavailable(FleetError):
    exit_code = 4


class BrokerUnavailable(FleetError):
    exit_code = 5


class InvalidPayload(FleetError):
    """A message that cannot be read as a whole. `reason` is one of the quarantine reasons."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class InvalidTopic(FleetError):
    pass


class CorruptTrack(FleetError):
    pass


class NotFound(FleetError):
    pass


class Conflict(FleetError):
    pass


class NotAllowed(FleetError):
    pass


class NotAuthenticated(NotAllowed):
    pass
