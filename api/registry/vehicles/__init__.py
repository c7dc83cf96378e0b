"""Vehicles of the registry over HTTP."""
