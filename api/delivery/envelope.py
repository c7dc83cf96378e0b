"""What a receiver gets: a CloudEvent 1.0 in structured JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

SOURCE = "/api/v1/cases"


def envelope(shown: Mapping[str, Any]) -> bytes:
    """A notice as `api.cases.notices.notice_shown` gives it. The same notice gives the same bytes."""
    data: dict[str, Any] = msgspec.to_builtins(shown)
    about = f"case:{data['case_id']}" if "finding_id" not in data else f"finding:{data['finding_id']}"
    attributes = {
        "specversion": "1.0",
        "id": data["id"],
        "source": SOURCE,
        "type": f"one-network.{data['type']}",
        "subject": about,
        "time": shown["at"],
        "datacontenttype": "application/json",
    }
    return JSONFormat().write(CloudEvent(attributes, data))
