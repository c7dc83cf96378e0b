"""From readings to trips, stops and gaps: a pure fold over one vehicle's readings in the order of their keys.

`fold` is the surface; `timeline` brings late readings into order; `days` cuts what was folded into the fleet's days.
Imports `fleet.model` and the standard library at most. Must never read a clock or know where readings are kept.
"""
