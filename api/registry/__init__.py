"""Organs, vehicles and onboard units, page by page."""
