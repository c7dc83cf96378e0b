"""Policies of the registry over HTTP."""
