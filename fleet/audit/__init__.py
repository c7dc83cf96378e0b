"""The audit log as a chain: what an entry is, its code, heads and anchors outside the database, and the check. Pure.

entry.py     an entry, its bytes and its code (HMAC over the entry and the code before it)
keys.py      the keys, which the database never sees
seals.py     heads and anchors: what is kept of the chains outside the database
verify.py    the walk over a chain, and what it finds
"""
