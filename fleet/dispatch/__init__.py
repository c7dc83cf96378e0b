"""Dispatch: the life of an order, what it permits, and which vehicle should go. Pure: no clock, no database."""
