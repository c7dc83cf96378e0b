"""What may stand in the registry: rules a clerk understands, and the sheets a registry travels in. All of it pure.

Imports `fleet.model` and `fleet.errors` only. A check answers `Problem`s; nothing here raises for what a clerk typed.
"""
