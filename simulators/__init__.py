"""The simulated fleet: behaves like onboard units and knows only the wire and the public HTTP API.

Everything is replayable from one integer seed: time and random generators are passed in. Must never import the
store, the ingest pipeline or the API's code; what it knows of the service is what is published in `docs/interface.md`.
"""
