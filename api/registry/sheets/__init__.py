"""Imports and exports of the registry over HTTP."""
