"""The process that judges: what the fold made of readings, against orders, calendars and rules."""
