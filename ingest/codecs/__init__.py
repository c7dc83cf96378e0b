"""Payload dialects: bytes <-> readings. CODECS is the one list; one file a dialect, independent of its siblings."""

from __future__ import annotations

from ingest.codecs import json_v1
from ingest.codecs.base import Codec, Decoded, Refused

CODECS: dict[str, Codec] = {
    "json-v1": json_v1.JsonV1(),  # the product's own dialect, fixed by docs/interface.md
}

DEFAULT = CODECS["json-v1"]

__all__ = ["CODECS", "DEFAULT", "Codec", "Decoded", "Refused"]
