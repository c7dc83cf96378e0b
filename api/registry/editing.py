"""How every record of the registry is read and edited, so that no clerk overwrites another's work unseen.

A record has a version, its ETag. A change is a JSON merge patch (RFC 7386) on the record that was read, named by
`If-Match`; it is laid over what is stored under a row lock, and the whole result is checked as if it were new. Who
holds an older version gets 412 with the record as it is now. Every write goes into the audit log in its transaction.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from fastapi import Body, Depends, Header
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import RowMapping, Table
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from api.answers import json_answer
from api.dependencies import Caller
from api.errors import ApiProblem
from api.state import Services
from fleet.errors import NotAllowed, NotFound
from fleet.identity.scope import mask_phone
from fleet.registry.problems import Problem, Refused, warnings_of
from fleet.store import audit, records


class Form(BaseModel):
    """What a clerk may write of a record; anything else is refused by name."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, str_strip_whitespace=True)


F = TypeVar("F", bound=Form)
Record = dict[str, Any]
Write = Callable[[AsyncConnection, RowMapping | None, RowMapping | None, datetime], Awaitable[None]]


async def _nothing(_: AsyncConnection, __: RowMapping | None, ___: RowMapping | None, ____: datetime) -> None:
    return None


async def _nothing_beside(_: AsyncConnection, __: int) -> Record:
    return {}


async def _no_problems(_: AsyncConnection, __: Any, ___: Caller, ____: datetime) -> Sequence[Problem]:
    return ()


@dataclass(frozen=True, slots=True)
class Desk(Generic[F]):
    """How one kind of record is edited.

    `values`: a form as columns. `written`: the form's fields of a stored row. `show`: the record as it leaves, or
    None where the caller may not see it. `check`: errors and warnings of a form. `wrote`: what hangs on a change
    (before, after; None = did not exist, or is gone). `beside`: fields of the form that lie in another table.
    `names`: fields of the form that stand for columns.
    """

    noun: str
    table: Table
    form: type[F]
    values: Callable[[F], Record]
    written: Callable[[RowMapping], Record]
    show: Callable[[AsyncConnection, int, Caller, datetime], Awaitable[Record | None]]
    check: Callable[[AsyncConnection, F, Caller, datetime], Awaitable[Sequence[Problem]]] = _no_problems
    wrote: Write = _nothing
    beside: Callable[[AsyncConnection, int], Awaitable[Record]] = _nothing_beside
    names: Mapping[str, str] = field(default_factory=dict)

    def renamed(self, problems: Sequence[Problem]) -> list[Problem]:
        return [replace(one, field=self.names.get(one.field, one.field)) for one in problems]


# ---------------------------------------------------------------- what a request brings


def expected_version(
    if_match: Annotated[
        str | None,
        Header(alias="If-Match", description="The ETag of the record that was read", examples=['"3"']),
    ] = None,
) -> int:
    """The version the caller has read. Raises ApiProblem 428 without one; what is no ETag of ours matches nothing."""
    if if_match is None or if_match.strip() == "*":
        raise ApiProblem(
            428,
            "precondition-required",
            "Precondition required",
            'Read the record first and send its ETag as `If-Match` (such as "3"), so that no change of another clerk '
            "is lost.",
        )
    matched = re.fullmatch(r'"([1-9][0-9]{0,8})"', if_match.strip())
    return int(matched[1]) if matched else 0


def stated_version(
    if_match: Annotated[
        str | None,
        Header(alias="If-Match", description="The ETag of the record that was read; a step may do without"),
    ] = None,
) -> int | None:
    """None without one: the state of the record decides then whether the step still makes sense."""
    return None if if_match is None or if_match.strip() == "*" else expected_version(if_match)


IfMatch = Annotated[int, Depends(expected_version)]
MaybeMatch = Annotated[int | None, Depends(stated_version)]
Patch = Annotated[dict[str, Any], Body(description="JSON merge patch: the fields to change; null empties one")]


def merge_patch_of(name: str) -> dict[str, Any]:
    """`openapi_extra` of a PATCH route: the body is a part of the form called so."""
    schema = {"schema": {"$ref": f"#/components/schemas/{name}", "description": "Any part of it"}}
    return {"requestBody": {"content": {"application/merge-patch+json": schema, "application/json": schema}}}


# ---------------------------------------------------------------- reading and writing


async def read(desk: Desk[F], services: Services, caller: Caller, record_id: int) -> Response:
    async with services.database.begin() as connection:
        shown = await _visible(desk, connection, record_id, caller, services.now())
    return tagged(shown)


async def create(
    desk: Desk[F], services: Services, caller: Caller, form: F, *, path: str, wrote: Write | None = None
) -> Response:
    """201 with the record, its ETag and the warnings. Raises Refused, Clash, NotAllowed."""
    now = services.now()
    async with services.database.begin() as connection:
        warnings = await _checked(desk, connection, form, caller, now)
        row = await _stored(desk, records.add(connection, desk.table, desk.values(form)))
        await (wrote or desk.wrote)(connection, None, row, now)
        await _log(desk, connection, caller, "create", row["id"], None, row)
        shown = await desk.show(connection, row["id"], caller, now)
        if shown is None:
            raise NotAllowed(f"This {desk.noun} would belong to somebody outside the organs of your account.")
    return tagged(shown, warnings=warnings, status=201, headers={"Location": f"/api/v1/{path}/{row['id']}"})


async def change(
    desk: Desk[F],
    services: Services,
    caller: Caller,
    record_id: int,
    version: int,
    patch: Mapping[str, Any],
    *,
    wrote: Write | None = None,
    settled: Callable[[F], F] | None = None,
) -> Response:
    """The record after the change. `settled` completes the new form. Raises Refused, Clash, ApiProblem (412)."""
    now = services.now()
    async with services.database.begin() as connection:
        before = await _locked(desk, connection, record_id, version, caller, now)
        stored = {**desk.written(before), **await desk.beside(connection, record_id)}
        old = _form(desk, stored)
        new = _form(desk, _merged(stored, patch))
        new = settled(new) if settled is not None else new
        warnings = await _checked(desk, connection, new, caller, now)
        if new != old:
            after = await _stored(desk, records.change(connection, desk.table, record_id, desk.values(new)))
            await (wrote or desk.wrote)(connection, before, after, now)
            await _log(desk, connection, caller, "change", record_id, before, after)
        shown = await desk.show(connection, record_id, caller, now)
        if shown is None:
            raise NotAllowed(f"The {desk.noun} would then belong to somebody outside the organs of your account.")
    return tagged(shown, warnings=warnings)


async def remove(desk: Desk[F], services: Services, caller: Caller, record_id: int, version: int) -> Response:
    """204. Raises Clash where others refer to the record, ApiProblem (412)."""
    now = services.now()
    async with services.database.begin() as connection:
        before = await _locked(desk, connection, record_id, version, caller, now)
        await desk.wrote(connection, before, None, now)
        await _log(desk, connection, caller, "remove", record_id, before, None)
        await records.remove(connection, desk.table, record_id)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def tagged(
    shown: Record,
    *,
    warnings: Sequence[Problem] | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A record with its ETag; answers to writes carry `warnings` too."""
    body = shown if warnings is None else {**shown, "warnings": said(warnings)}
    answer = json_answer(body, status)
    answer.headers["ETag"] = f'"{shown["version"]}"'
    for name, value in (headers or {}).items():
        answer.headers[name] = value
    return answer


def said(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [{"field": one.field, "code": one.code, "message": one.en, "message_zh": one.zh} for one in problems]


# ---------------------------------------------------------------- steps


async def _visible(desk: Desk[F], connection: AsyncConnection, record_id: int, caller: Caller, now: datetime) -> Record:
    shown = await desk.show(connection, record_id, caller, now)
    if shown is None:
        raise NotFound(f"There is no {desk.noun} {record_id}.")
    return shown


async def _locked(
    desk: Desk[F], connection: AsyncConnection, record_id: int, version: int, caller: Caller, now: datetime
) -> RowMapping:
    row = await records.fetch(connection, desk.table, record_id, lock=True)
    shown = await _visible(desk, connection, record_id, caller, now)
    if row is None:
        raise NotFound(f"There is no {desk.noun} {record_id}.")
    # What is the whole city's is seen by everybody, and neither removed nor taken over by one organ.
    if row.get("organ_id", record_id) is None and row.get("vehicle_id") is None and not caller.scope.everywhere:
        raise NotAllowed(f"The {desk.noun} {record_id} is the whole city's: who answers for the whole city changes it.")
    if row["version"] != version:
        raise ApiProblem(
            412,
            "record-changed",
            "The record was changed meanwhile",
            f"The {desk.noun} {record_id} is at version {row['version']} now: compare `current` with your change, and "
            "send it again with the new ETag if it still holds.",
            headers={"ETag": f'"{row["version"]}"'},
            members={"current": shown},
        )
    return row


def _merged(stored: Mapping[str, Any], patch: Mapping[str, Any]) -> Record:
    """RFC 7386: null takes a field away, an object is merged into an object, anything else replaces."""
    result = dict(stored)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(result.get(name), Mapping):
            result[name] = _merged(result[name], value)
        else:
            result[name] = value
    return result


def _form(desk: Desk[F], fields: Mapping[str, Any]) -> F:
    try:
        return desk.form.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]) from None


async def _checked(
    desk: Desk[F], connection: AsyncConnection, form: F, caller: Caller, now: datetime
) -> tuple[Problem, ...]:
    return warnings_of(desk.renamed(await desk.check(connection, form, caller, now)))


async def _stored(desk: Desk[F], writing: Awaitable[RowMapping]) -> RowMapping:
    try:
        return await writing
    except Refused as refused:
        raise Refused(desk.renamed(refused.problems)) from None


async def _log(
    desk: Desk[F],
    connection: AsyncConnection,
    caller: Caller,
    action: str,
    record_id: int,
    before: RowMapping | None,
    after: RowMapping | None,
) -> None:
    """Before and after of what differs; all of it where one of the two is missing."""
    names = [
        name
        for name in (after if after is not None else before or {})
        if before is None or after is None or before[name] != after[name]
    ]
    detail = {
        moment: plain({name: row[name] for name in names})
        for moment, row in (("before", before), ("after", after))
        if row is not None
    }
    subject = f"{desk.noun}:{record_id}"
    # What moves from one organ to another is the affair of both.
    organ_ids = set(await audit.organs_of(connection, subject))
    organ_ids |= {row["organ_id"] for row in (before, after) if row is not None and row.get("organ_id") is not None}
    await audit.record(
        connection,
        account=caller.actor,
        action=f"{desk.noun}.{action}",
        subject=subject,
        detail=detail,
        organ_ids=organ_ids,
    )


def plain(row: Mapping[str, Any]) -> Record:
    """A row as JSON knows it: periods as from and to, days as text. Phones are masked: the log is read by many."""
    values = {
        name: records.span(value) if isinstance(value, Range) else mask_phone(value) if name == "phone" else value
        for name, value in row.items()
    }
    built: Record = msgspec.to_builtins(values)
    return built
