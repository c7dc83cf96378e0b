"""Tracks of trips: packed for years, thinned for maps, laid over cells to be found by place. Pure.

Imports numpy, `fleet.geography` and `fleet.model` at most. Must never read a clock, open a connection, or know what a
trip is decided by.
"""
