"""The vocabulary: what a vehicle, an organ, a reading is. Data only, units in names, times aware UTC.

Imports nothing but the standard library and msgspec (structures that cost a tenth of a dataclass to build, which
counts where every message passes). Must never know how anything is stored, sent or decided.
"""
