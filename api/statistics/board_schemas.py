"""The board of new-energy quotas as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from api.statistics.schemas import FigureShown, OrganKey, TargetShown, VehicleKey


class Quota(FigureShown):
    target: TargetShown


class Shares(BaseModel):
    """The four shares: of the stock at the end, of this year's purchases, of its distance and of its energy."""

    stock: FigureShown
    purchases: FigureShown
    distance: FigureShown
    energy: FigureShown


class CountyShares(Shares):
    division: int


class OrganShares(Shares):
    organ: OrganKey


class YearShown(FigureShown):
    year: int


class Board(BaseModel):
    year: int
    last: date = Field(alias="to", description="The last day that counts: the year's end, or today within it")
    stock: FigureShown
    purchases: Quota
    communications: Quota = Field(
        description="Communications vehicles among this year's purchases. The rule is for those on fixed routes, which"
        " the registry does not tell from others"
    )
    distance: FigureShown
    energy: FigureShown
    counties: list[CountyShares] = Field(description="By home division of the vehicles")
    organs: list[OrganShares]
    by_purchase_year: list[YearShown] = Field(description="New-energy share of the vehicles registered in each year")


class WhatIfForm(BaseModel):
    """Vehicles that would be replaced by new-energy ones, one for one."""

    vehicles: Annotated[list[int], Field(min_length=1, max_length=6_000)]


class Left(BaseModel):
    vehicle_id: int
    why: str = Field(description="`new_energy`: it is one already; `not_in_stock`: not there, or not in use")


class Change(BaseModel):
    now: FigureShown
    then: FigureShown


class WhatIf(BaseModel):
    """`then`: had the vehicles been new-energy ones and driven what they drove."""

    last: date = Field(alias="to")
    replaced: list[VehicleKey]
    left: list[Left] = Field(description="Those that change nothing")
    stock: Change
    distance: Change = Field(description="Of the year up to `to`")
