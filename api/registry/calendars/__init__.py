"""Calendars of the city and its organs, and duty rosters, over HTTP."""
