"""Drivers of the registry over HTTP."""
