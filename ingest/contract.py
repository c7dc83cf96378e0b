"""The MQTT side as an AsyncAPI 3 document, made from the structures that the codec itself decodes with.

`python -m ingest.contract` writes it to standard output. The interface serves the copy in `api/asyncapi.json`, because
the two services know nothing of each other; a test fails when the copy differs.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from fleet.model.downlink import LONGEST_REASON, CommandAnswer
from fleet.model.readings import EVENT_NAMES, Kind
from ingest.codecs.json_v1 import MAX_SAMPLES, JsonV1
from ingest.topics import COMMAND, RECEIPT, ROOT

_SAYS = {
    Kind.POSITION: "Where the vehicle is",
    Kind.USAGE: "Counters and levels",
    Kind.EVENT: "Something happened",
    Kind.STATUS: "Whether the unit is connected; retained, and the last will",
    Kind.COMMAND_RESULT: "What the unit says to a command",
}
_SUMMARIES = {
    RECEIPT: "What is safe: the unit may forget what this covers",
    COMMAND: "Something for the unit; the same id is the same command",
}
_MAY_BE_NULL = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
_SPANS = {
    "type": "array",
    "description": "Spans of numbers that are missing, both ends included, lowest first: send them again",
    "items": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
}
_RUN = {
    "run": {"type": "integer"},
    "seq": {**_MAY_BE_NULL, "description": "Everything of the run up to and including it is safe; null: nothing yet"},
    "time": {"type": "string", "format": "date-time"},
    "again": _SPANS,
}
_RECEIPT_OF_KIND = {
    "type": "object",
    "required": list(_RUN),
    "properties": {
        **_RUN,
        "others": {"type": "array", "items": {"type": "object", "required": list(_RUN), "properties": _RUN}},
    },
}
_DOWNLINK: dict[str, dict[str, Any]] = {
    RECEIPT: {
        "type": "object",
        "description": "One member for each kind of which the service has numbered samples",
        "properties": {kind.value: _RECEIPT_OF_KIND for kind in (Kind.POSITION, Kind.USAGE, Kind.EVENT)},
        "additionalProperties": False,
    },
    COMMAND: {
        "type": "object",
        "required": ["id", "kind", "time", "expires_at", "content"],
        "properties": {
            "id": {"type": "integer", "minimum": 1},
            "kind": {"type": "string", "examples": ["order", "order.withdrawn", "task_call", "task_release"]},
            "time": {"type": "string", "format": "date-time"},
            "expires_at": {"type": "string", "format": "date-time"},
            "content": {"type": "object"},
        },
    },
}


def element_schema(kind: Kind) -> dict[str, Any]:
    """JSON Schema of one object of an uplink `kind`, from the structure that it is decoded into."""
    wire = JsonV1.dialects[kind].wire
    _, components = msgspec.json.schema_components([wire], ref_template="#/components/schemas/{name}")
    schema: dict[str, Any] = _open(components[wire.__name__])
    schema.pop("title", None)
    properties = schema["properties"]
    if "time" in properties:
        properties["time"]["description"] = "RFC 3339 with an offset, or whole Unix milliseconds"
    if kind is Kind.EVENT:
        properties["event"]["enum"] = list(EVENT_NAMES)
    if kind is Kind.COMMAND_RESULT:
        properties["result"] = {"enum": [answer.value for answer in CommandAnswer]}
        properties["reason"]["anyOf"][0] = {"type": "string", "maxLength": LONGEST_REASON}
    return schema


def _open(schema: Any) -> Any:
    """Fields that are not known are ignored by the service, so the contract admits them; absent is null."""
    if isinstance(schema, list):
        return [_open(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _open(value)
        for key, value in schema.items()
        if not (key == "additionalProperties" and value is False) and not (key == "default" and value is None)
    }


def _uplink_payload(kind: Kind) -> dict[str, Any]:
    one = {"$ref": f"#/components/schemas/{kind.value}".replace("command/", "command-")}
    return {"oneOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_SAMPLES}]}


def document() -> dict[str, Any]:
    """The whole document, in a fixed order."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = {}

    def add(kind: str, says: str, action: str, payload: dict[str, Any], retain: bool) -> None:
        name = kind.replace("/", "-")
        messages[name] = {"name": name, "summary": says, "contentType": "application/json", "payload": payload}
        channels[name] = {
            "address": f"{ROOT}/{{division}}/{{unit}}/{kind}",
            "parameters": {
                "division": {"description": "Six digits: the code of the unit's registered home"},
                "unit": {"description": "The unit's code, [A-Za-z0-9_-]{1,32}"},
            },
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        }
        operations[f"{action}-{name}"] = {
            "action": action,
            "summary": says,
            "channel": {"$ref": f"#/channels/{name}"},
            "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
            "bindings": {"mqtt": {"qos": 1, "retain": retain, "bindingVersion": "0.2.0"}},
        }

    # Told from the side of the service: it receives what units send.
    for kind in Kind:
        schemas[kind.value.replace("/", "-")] = element_schema(kind)
        add(kind.value, _SAYS[kind], "receive", _uplink_payload(kind), retain=kind is Kind.STATUS)
    for name, schema in _DOWNLINK.items():
        schemas[name] = schema
        add(name, _SUMMARIES[name], "send", {"$ref": f"#/components/schemas/{name}"}, retain=name == RECEIPT)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "One Network, onboard units",
            "version": "1",
            "description": "What units publish and are told, payload dialect json-v1. The law of it, with what is "
            "refused and what a receipt promises, is docs/interface.md.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    }


def written() -> str:
    """The document as the file holds it, without the last line feed."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=1).decode()


if __name__ == "__main__":
    sys.stdout.write(written() + "\n")
