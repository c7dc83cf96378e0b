"""Who asks, and what they may: accounts, passwords, tokens, roles.

Imports `fleet.model`, `fleet.errors` and `fleet.store`. Must never know HTTP.
"""
