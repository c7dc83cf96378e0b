"""The JSON dialect, version 1.

Law of the format: one JSON object, or an array of 1 to 1,000 objects. Fields may be added, never renamed, retyped or
given a narrower range; a field that is absent or null is unknown. `time` is RFC 3339 with an offset, or a whole number
of Unix milliseconds. Fields not listed here are ignored and counted. Golden samples stand in tests/ingest/golden/.

Two ways through: the fast one decodes straight into typed structures and fits every correct payload; whatever it
refuses is read again field by field, so that every reason is found and good elements of an array are kept.
"""

from __future__ import annotations

from collections import abc
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Literal, cast

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from fleet.model.downlink import LONGEST_REASON, CommandAnswer
from fleet.model.readings import CommandResult, Event, Kind, Position, Reason, Status, Usage
from ingest.codecs.base import Columns, Decoded, Reading, Refused, instants_us, scaled, whole

MAX_SAMPLES = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The integer's bounds keep it inside what a datetime can hold (years 1–9999); plausibility is judged later.
Time = Annotated[datetime, Meta(tz=True)] | Annotated[int, Meta(ge=-62_135_596_800_000, le=253_402_300_799_999)]
Sequence = Annotated[int, Meta(ge=0, le=2**62)]
Run = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Kilometres = Annotated[float, Meta(ge=0, le=2_000_000)]
Litres = Annotated[float, Meta(ge=0, le=2_000_000)]
KilowattHours = Annotated[float, Meta(ge=0, le=2_000_000)]
Percent = Annotated[float, Meta(ge=0, le=100)]


class _Element(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    time: Time
    seq: Sequence | None = None
    run: Run | None = None
    oldest_seq: Sequence | None = None


class _Position(_Element, kw_only=True, forbid_unknown_fields=True, gc=False):
    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    speed_kmh: Annotated[float, Meta(ge=0, le=400)] | None = None
    heading_deg: Annotated[float, Meta(ge=0, le=360)] | None = None
    altitude_m: Annotated[float, Meta(ge=-500, le=9_000)] | None = None
    hdop: Annotated[float, Meta(ge=0, le=1_000)] | None = None
    satellites: Annotated[int, Meta(ge=0, le=255)] | None = None
    ignition: bool | None = None
    odometer_km: Kilometres | None = None
    datum: Literal["wgs84", "gcj02"] | None = None


class _Usage(_Element, kw_only=True, forbid_unknown_fields=True, gc=False):
    odometer_km: Kilometres | None = None
    fuel_level_pct: Percent | None = None
    fuel_level_l: Annotated[float, Meta(ge=0, le=10_000)] | None = None
    fuel_used_l: Litres | None = None
    soc_pct: Percent | None = None
    charging: bool | None = None
    energy_used_kwh: KilowattHours | None = None
    energy_charged_kwh: KilowattHours | None = None
    engine_hours_h: Annotated[float, Meta(ge=0, le=500_000)] | None = None
    ignition: bool | None = None


class _Event(_Element, kw_only=True, forbid_unknown_fields=True, gc=False):
    event: str
    detail: dict[str, Any] | None = None


class _Status(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    online: bool
    time: Time | None = None


class _CommandResult(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    id: Annotated[int, Meta(ge=1, le=2**62)]
    time: Time
    result: CommandAnswer
    reason: Annotated[str, Meta(max_length=LONGEST_REASON, pattern=r"^[^\x00]*\Z")] | None = None


def _instant(value: datetime | int) -> datetime:
    if isinstance(value, int):
        return EPOCH + timedelta(milliseconds=value)
    return value.astimezone(UTC)


def _whole(value: float | None, per_unit: int) -> int | None:
    """`value` in whole small units; Python rounds halves to even, the same everywhere."""
    return None if value is None else round(value * per_unit)


def _position(wire: _Position) -> Position:
    speed, heading, altitude, hdop = wire.speed_kmh, wire.heading_deg, wire.altitude_m, wire.hdop
    return Position(
        observed_at=_instant(wire.time),
        run=wire.run or 0,
        seq=wire.seq,
        oldest_seq=wire.oldest_seq,
        lat_e7=round(wire.lat * 10_000_000),
        lon_e7=round(wire.lon * 10_000_000),
        speed_dkmh=None if speed is None else round(speed * 10),
        heading_deg=None if heading is None else round(heading) % 360,
        altitude_m=None if altitude is None else round(altitude),
        hdop_tenths=None if hdop is None else round(hdop * 10),
        satellites=wire.satellites,
        ignition=wire.ignition,
        odometer_m=_whole(wire.odometer_km, 1_000),
        gcj02=wire.datum == "gcj02",
    )


def _usage(wire: _Usage) -> Usage:
    return Usage(
        observed_at=_instant(wire.time),
        run=wire.run or 0,
        seq=wire.seq,
        oldest_seq=wire.oldest_seq,
        odometer_m=_whole(wire.odometer_km, 1_000),
        fuel_level_permille=_whole(wire.fuel_level_pct, 10),
        fuel_level_ml=_whole(wire.fuel_level_l, 1_000),
        fuel_used_ml=_whole(wire.fuel_used_l, 1_000),
        soc_permille=_whole(wire.soc_pct, 10),
        charging=wire.charging,
        energy_used_wh=_whole(wire.energy_used_kwh, 1_000),
        energy_charged_wh=_whole(wire.energy_charged_kwh, 1_000),
        engine_s=_whole(wire.engine_hours_h, 3_600),
        ignition=wire.ignition,
    )


def _event(wire: _Event) -> Event:
    return Event(
        observed_at=_instant(wire.time),
        run=wire.run or 0,
        seq=wire.seq,
        oldest_seq=wire.oldest_seq,
        event=wire.event,
        # sorted, so that the same content is the same text however the unit ordered its keys
        detail=None if wire.detail is None else msgspec.json.encode(wire.detail, order="sorted").decode(),
    )


def _status(wire: _Status) -> Status:
    return Status(online=wire.online, observed_at=None if wire.time is None else _instant(wire.time))


def _command_result(wire: _CommandResult) -> CommandResult:
    return CommandResult(
        observed_at=_instant(wire.time), command_id=wire.id, answer=CommandAnswer(wire.result), reason=wire.reason
    )


class _Dialect(msgspec.Struct, frozen=True):
    wire: type[msgspec.Struct]
    to_model: Any
    one: msgspec.json.Decoder[Any]
    many: msgspec.json.Decoder[list[Any]]
    fields: dict[str, msgspec.structs.FieldInfo]


def _dialect(wire: type[msgspec.Struct], to_model: Any) -> _Dialect:
    return _Dialect(
        wire=wire,
        to_model=to_model,
        one=msgspec.json.Decoder(wire),
        many=msgspec.json.Decoder(list[wire]),  # type: ignore[valid-type]
        fields={field.encode_name: field for field in msgspec.structs.fields(wire)},
    )


# A date in the year 1 east of Greenwich has no UTC: OverflowError.
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError)

_RAW_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder()


# Field of the reading -> field of the wire, and how many small units make one of the wire's (None: whole already).
_HEAD: dict[str, tuple[str, int | None]] = {name: (name, None) for name in ("run", "seq", "oldest_seq")}
_COLUMNS: dict[Kind, dict[str, tuple[str, int | None]]] = {
    Kind.POSITION: {
        **_HEAD,
        "lat_e7": ("lat", 10_000_000),
        "lon_e7": ("lon", 10_000_000),
        "speed_dkmh": ("speed_kmh", 10),
        "heading_deg": ("heading_deg", 1),
        "altitude_m": ("altitude_m", 1),
        "hdop_tenths": ("hdop", 10),
        "satellites": ("satellites", None),
        "ignition": ("ignition", None),
        "odometer_m": ("odometer_km", 1_000),
    },
    Kind.USAGE: {
        **_HEAD,
        "odometer_m": ("odometer_km", 1_000),
        "fuel_level_permille": ("fuel_level_pct", 10),
        "fuel_level_ml": ("fuel_level_l", 1_000),
        "fuel_used_ml": ("fuel_used_l", 1_000),
        "soc_permille": ("soc_pct", 10),
        "charging": ("charging", None),
        "energy_used_wh": ("energy_used_kwh", 1_000),
        "energy_charged_wh": ("energy_charged_kwh", 1_000),
        "engine_s": ("engine_hours_h", 3_600),
        "ignition": ("ignition", None),
    },
}


class JsonV1:
    """The codec; it has no state."""

    dialects: ClassVar[dict[Kind, _Dialect]] = {
        Kind.POSITION: _dialect(_Position, _position),
        Kind.USAGE: _dialect(_Usage, _usage),
        Kind.EVENT: _dialect(_Event, _event),
        Kind.STATUS: _dialect(_Status, _status),
        Kind.COMMAND_RESULT: _dialect(_CommandResult, _command_result),
    }

    def decode(self, kind: Kind, payload: bytes) -> Decoded:
        dialect = self.dialects[kind]
        array = _is_array(payload)
        try:
            wires = dialect.many.decode(payload) if array else [dialect.one.decode(payload)]
            if 1 <= len(wires) <= MAX_SAMPLES and not any(map(_inconsistent, wires)):
                return Decoded(received=len(wires), readings=[dialect.to_model(wire) for wire in wires])
        except UNREADABLE:
            pass  # read again, slowly, to say what is wrong
        return _decode_slowly(dialect, payload, array)

    def columns(self, kind: Kind, payloads: abc.Sequence[bytes]) -> Columns:
        one, many = self.dialects[kind].one.decode, self.dialects[kind].many.decode
        wires: list[Any] = []
        sizes: list[int] = []
        for payload in payloads:
            try:
                if payload[:1] == b"[":
                    found = many(payload)
                    if len(found) > MAX_SAMPLES:
                        sizes.append(0)
                        continue
                    wires += found
                    sizes.append(len(found))
                else:
                    wires.append(one(payload))
                    sizes.append(1)
            except UNREADABLE:
                sizes.append(0)
        values: dict[str, NDArray[np.int64]] = {"observed_at": instants_us([wire.time for wire in wires])}
        known: dict[str, NDArray[np.bool_]] = {}
        for name, (field, per_unit) in _COLUMNS[kind].items():
            column = list(map(attrgetter(field), wires))
            values[name], there = whole(column) if per_unit is None else scaled(column, per_unit)
            if there is not None:
                known[name] = there
        known.pop("run", None)  # absent is 0
        if kind is Kind.POSITION:
            values["heading_deg"] %= 360
            values["gcj02"] = np.array([wire.datum == "gcj02" for wire in wires], dtype=np.int64)
        return Columns(np.array(sizes, dtype=np.int64), values, known)

    def weights(self, payloads: abc.Sequence[bytes]) -> list[int]:
        return [1 if payload[:1] != b"[" else _array_weight(payload) for payload in payloads]

    def element(self, payload: bytes, index: int) -> bytes:
        if not _is_array(payload):
            return payload
        return bytes(_RAW_ARRAY.decode(payload)[index])

    def encode(self, reading: Reading) -> bytes:
        return msgspec.json.encode(_to_wire(reading))


def _array_weight(payload: bytes) -> int:
    # Each object has a brace, and no kind has more fields than 16; an array of anything else is refused.
    return min(max(payload.count(b"{"), payload.count(b",") // 16, 1), MAX_SAMPLES)


def _inconsistent(wire: Any) -> bool:
    return isinstance(wire, _Element) and _contradicts(wire.oldest_seq, wire.seq)


def _is_array(payload: bytes) -> bool:
    return payload[:1] == b"[" or payload.lstrip(b" \t\r\n")[:1] == b"["


def _decode_slowly(dialect: _Dialect, payload: bytes, array: bool) -> Decoded:
    if not array:
        return _collect(dialect, [payload])
    try:
        elements = _RAW_ARRAY.decode(payload)
    except UNREADABLE as error:
        return _whole_payload(payload, "malformed_json", str(error))
    if not elements:
        return _whole_payload(payload, "empty_array", "an array must hold at least one sample")
    if len(elements) > MAX_SAMPLES:
        detail = f"{len(elements)} samples in one payload; at most {MAX_SAMPLES} are taken, send them in parts"
        return _whole_payload(payload, "too_many_samples", detail)
    return _collect(dialect, [bytes(element) for element in elements])


def _whole_payload(payload: bytes, code: str, detail: str) -> Decoded:
    """A payload that is refused as one, because its elements cannot be told apart or must not be."""
    return Decoded(received=1, readings=[], refused=[Refused(raw=payload, reasons=(Reason(code, None, detail),))])


def _collect(dialect: _Dialect, elements: list[bytes]) -> Decoded:
    readings: list[Reading] = []
    raws: list[bytes] = []
    refused: list[Refused] = []
    unknown = 0
    for raw in elements:
        result, extra = _read_element(dialect, raw)
        unknown += extra
        if isinstance(result, Refused):
            refused.append(result)
        else:
            readings.append(result)
            raws.append(raw)
    return Decoded(received=len(elements), readings=readings, raws=raws, refused=refused, unknown_fields=unknown)


def _read_element(dialect: _Dialect, raw: bytes) -> tuple[Reading | Refused, int]:
    """One element field by field, and how many fields it had that the dialect does not know."""
    try:
        content = _ANY.decode(raw)
    except UNREADABLE as error:
        return Refused(raw=raw, reasons=(Reason("malformed_json", None, str(error)),)), 0
    if not isinstance(content, dict):
        detail = f"expected an object with the fields of the kind, got {_type_name(content)}"
        return Refused(raw=raw, reasons=(Reason("wrong_type", None, detail),)), 0
    unknown = len(content.keys() - dialect.fields.keys())
    values: dict[str, Any] = {}
    reasons: list[Reason] = []
    for name, field in dialect.fields.items():
        if name not in content or (content[name] is None and not field.required):
            if field.required:
                reasons.append(Reason("missing_field", name, f"{name} is required"))
            continue
        try:
            value = msgspec.convert(content[name], field.type)
            values[name] = _instant(value) if name == "time" else value
        except UNREADABLE as error:
            reasons.append(_reason(name, content[name], str(error)))
    if _contradicts(values.get("oldest_seq"), values.get("seq")):
        detail = (
            f"oldest_seq {values.pop('oldest_seq')} is greater than seq {values['seq']}, which the unit still holds"
        )
        reasons.append(Reason("out_of_range", "oldest_seq", detail))
    if not reasons:
        try:
            return cast("Reading", dialect.to_model(dialect.wire(**values))), unknown
        except UNREADABLE as error:
            reasons.append(Reason("malformed_json", None, str(error)))
    return (
        Refused(
            raw=raw,
            reasons=tuple(reasons),
            observed_at=values.get("time"),
            run=values.get("run") or 0,
            seq=values.get("seq") if "run" in values or content.get("run") is None else None,
            oldest_seq=values.get("oldest_seq"),
        ),
        unknown,
    )


def _contradicts(oldest_seq: int | None, seq: int | None) -> bool:
    """A unit holds what it is sending: a greater `oldest_seq` would declare samples gone that are not."""
    return oldest_seq is not None and seq is not None and oldest_seq > seq


def _reason(name: str, value: Any, detail: str) -> Reason:
    """msgspec names the type it got where the type is wrong, and the bound where the value is."""
    wrong_type = ", got `" in detail or "Invalid" in detail or "timezone" in detail
    return Reason("wrong_type" if wrong_type else "out_of_range", name, f"{detail} (the value was {_short(value)})")


def _short(value: Any) -> str:
    try:
        text = msgspec.json.encode(value).decode()
    except UNREADABLE:  # what can just be read may be nested too deeply to be written
        return "nested too deeply to be shown"
    return text if len(text) <= 60 else text[:57] + "..."


def _type_name(value: Any) -> str:
    names = {str: "a string", int: "a number", float: "a number", bool: "a boolean", list: "an array"}
    return names.get(type(value), "null")


def _to_wire(reading: Reading) -> dict[str, Any]:
    """The JSON object of a reading; absent values are left out."""
    if isinstance(reading, Status):
        return _present(online=reading.online, time=reading.observed_at)
    if isinstance(reading, CommandResult):
        return _present(
            id=reading.command_id, time=reading.observed_at, result=reading.answer.value, reason=reading.reason
        )
    head = {"time": reading.observed_at, "seq": reading.seq, "run": reading.run or None}
    head["oldest_seq"] = reading.oldest_seq
    if isinstance(reading, Position):
        return _present(
            **head,
            lat=reading.lat_e7 / 10_000_000,
            lon=reading.lon_e7 / 10_000_000,
            speed_kmh=_over(reading.speed_dkmh, 10),
            heading_deg=reading.heading_deg,
            altitude_m=reading.altitude_m,
            hdop=_over(reading.hdop_tenths, 10),
            satellites=reading.satellites,
            ignition=reading.ignition,
            odometer_km=_over(reading.odometer_m, 1_000),
            datum="gcj02" if reading.gcj02 else None,
        )
    if isinstance(reading, Usage):
        return _present(
            **head,
            odometer_km=_over(reading.odometer_m, 1_000),
            fuel_level_pct=_over(reading.fuel_level_permille, 10),
            fuel_level_l=_over(reading.fuel_level_ml, 1_000),
            fuel_used_l=_over(reading.fuel_used_ml, 1_000),
            soc_pct=_over(reading.soc_permille, 10),
            charging=reading.charging,
            energy_used_kwh=_over(reading.energy_used_wh, 1_000),
            energy_charged_kwh=_over(reading.energy_charged_wh, 1_000),
            engine_hours_h=_over(reading.engine_s, 3_600),
            ignition=reading.ignition,
        )
    detail = None if reading.detail is None else msgspec.Raw(reading.detail.encode())
    return _present(**head, event=reading.event, detail=detail)


def _present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _over(value: int | None, per_unit: int) -> float | None:
    return None if value is None else value / per_unit
