"""The process between the readings and what is said of them: follows batches, folds them, keeps what comes of it.

`bindings`, `parameters`, `areas`, `rows`, `reporting` and `marks` decide and are pure; the rest is the shell around
them. Imports `fleet.store`, `fleet.trips` and what lies below. Must never read readings but through the store.
"""
