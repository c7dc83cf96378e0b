"""The only connections to the database: tables, pool, and one file of queries per subject.

Imports `fleet.model`, `fleet.geography` and `fleet.errors`. Must never decide what counts as misuse, nor serve HTTP.
"""
