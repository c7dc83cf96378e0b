"""Reads the store and serves it over HTTP; the dashboard speaks to nothing else.

Imports `fleet`, never `ingest`. Must never decide what counts as misuse, nor write a reading.
"""
