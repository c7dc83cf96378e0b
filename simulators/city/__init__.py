"""The city as vehicles know it: the roads, and the places people drive to. Pure."""

from __future__ import annotations

from simulators.city.city import City
from simulators.city.sites import RegisteredSite, Site, SiteKind

__all__ = ["City", "RegisteredSite", "Site", "SiteKind"]
