"""Trips, stops and gaps: what became of the readings, and why each begins and ends where it does."""
