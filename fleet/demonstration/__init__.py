"""The demonstration city: an invented registry that is plausible in its proportions and deterministic from a seed.

Nothing here is a record of anything: counties and their outlines are real, but organs, vehicles, plates, VINs, prices
and places are drawn from a random generator, and no person appears. Imports `fleet.model` and `fleet.geography` only;
reads no clock. `city.py` puts the parts together; each kind of thing has its own file and its own random stream, so
that adding one does not reshuffle the others.
"""
