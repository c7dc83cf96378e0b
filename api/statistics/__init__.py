"""Statistics as JSON and CSV."""
