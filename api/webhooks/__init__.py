"""Webhooks over HTTP: entered, changed, and what became of each delivery."""
