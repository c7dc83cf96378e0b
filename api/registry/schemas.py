"""Shapes that several parts of the registry share."""

from __future__ import annotations

from pydantic import BaseModel, Field

CURSOR = "Where the next page begins: send it back as `cursor`; null = this was the last page"


class OrganNamed(BaseModel):
    id: int
    name: str


class Place(BaseModel):
    """WGS-84 degrees unless another datum was asked for."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Warned(BaseModel):
    """Something doubtful about a record that was stored all the same."""

    field: str = Field(examples=["price_yuan"])
    code: str = Field(examples=["over_standard_price"])
    message: str
    message_zh: str


class Warnings(BaseModel):
    warnings: list[Warned] | None = Field(None, description="Only in answers to writes: what is doubtful about it")
