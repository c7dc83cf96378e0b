"""Organs of the registry over HTTP."""
