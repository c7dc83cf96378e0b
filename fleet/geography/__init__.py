"""Where things are: distance, the nine counties, WGS-84 <-> GCJ-02. Pure functions of their arguments.

Imports numpy, shapely and `fleet.model` at most. Must never read a clock, open a connection, or know what a rule is.
"""
