"""From the broker to the store: takes every message once, keeps it or says why not, and only then acknowledges it.

Imports `fleet` (never `api`, never `simulators`). Must never acknowledge a message before the transaction that holds
it, or its refusal, is committed.
"""
