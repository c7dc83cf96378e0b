"""Numbered, hand-written migrations. Imports `fleet.store` only; each is tried up and down by a test."""
